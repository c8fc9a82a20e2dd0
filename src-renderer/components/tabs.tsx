import type { LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import { Link } from 'wouter';

export interface TabLink {
  readonly key: string;
  readonly label: string;
  /** The route that shows it. */
  readonly href: string;
  readonly icon?: LucideIcon;
  /** Something small behind the label, such as a count. */
  readonly badge?: ReactNode;
}

/** The parts of one screen. Each is a link with an address of its own, so that it can be opened, copied and gone back from. */
export function Tabs({
  label,
  tabs,
  current,
}: {
  readonly label: string;
  readonly tabs: readonly TabLink[];
  readonly current: string;
}) {
  return (
    <nav aria-label={label} className="overflow-x-auto overflow-y-hidden border-b border-line">
      <ul className="flex gap-1">
        {tabs.map(({ key, label: text, href, icon: Icon, badge }) => (
          <li key={key}>
            <Link
              href={href}
              aria-current={key === current ? 'page' : undefined}
              className="tab flex h-control items-center gap-1.5 px-2.5 text-sm font-medium whitespace-nowrap text-muted transition-colors hover:text-ink aria-[current=page]:text-ink"
            >
              {Icon && <Icon aria-hidden size={14} />}
              {text}
              {badge}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
