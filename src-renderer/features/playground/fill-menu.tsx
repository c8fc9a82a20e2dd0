import { ChevronDown, CircleDot, Dices, ListOrdered, Minus, Plus } from 'lucide-react';
import { useRef, useState } from 'react';
import { buttonClass } from '../../components/button.tsx';
import { ActionMenu } from '../../components/menu.tsx';
import { strings } from '../../strings/index.ts';
import type { Fill } from '../../tensors/cell-tensor.ts';
import { FILLS } from '../../tensors/cell-tensor.ts';

const ICONS = { zeros: Minus, ones: Plus, uniform: Dices, normal: CircleDot, integers: ListOrdered } as const;

/** The ways to fill one input, or all of them. */
export function FillMenu({
  label,
  name,
  onFill,
}: {
  readonly label: string;
  readonly name: string;
  readonly onFill: (fill: Fill) => void;
}) {
  const anchor = useRef<HTMLButtonElement>(null);
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <button
        ref={anchor}
        type="button"
        aria-label={name}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        onClick={() => setOpen(true)}
        className={buttonClass('ghost', 'sm')}
      >
        {label}
        <ChevronDown aria-hidden size={12} />
      </button>
      {isOpen && (
        <ActionMenu
          label={name}
          anchor={anchor}
          onClose={() => setOpen(false)}
          actions={FILLS.map((fill) => ({
            id: fill,
            label: strings.playground.input.fills[fill],
            icon: ICONS[fill],
            run: () => onFill(fill),
          }))}
        />
      )}
    </>
  );
}
