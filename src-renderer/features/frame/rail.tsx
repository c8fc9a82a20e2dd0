import type { LucideIcon } from 'lucide-react';
import { Monitor, Moon, Sun } from 'lucide-react';
import { Link, useLocation } from 'wouter';
import { shortcutText } from '#contracts/app-commands.ts';
import { IS_MAC } from '../../components/key-hint.tsx';
import { Segmented } from '../../components/segmented.tsx';
import { useAppearance } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import type { Appearance } from '../../theme/appearance.ts';
import { SCREENS } from './screens.ts';
import { ariaKeys, shortcutOf } from './shortcuts.ts';

/** The way between screens, and the theme. Only icons where the window is narrow. */
export function Rail({ addressOf }: { readonly addressOf: (path: string) => string }) {
  const [location] = useLocation();
  return (
    <nav
      aria-label={strings.frame.screensLabel}
      data-region="rail"
      className="flex w-46 flex-col overflow-x-hidden overflow-y-auto border-e border-line bg-sunken p-2 max-[1000px]:w-13"
    >
      <div className="mb-3 flex h-9 shrink-0 items-center gap-2.5 px-1.5 short:mb-1">
        <Logo />
        <span className="text-md font-semibold tracking-tight max-[1000px]:sr-only">Slipway</span>
      </div>
      <ul className="flex flex-1 flex-col gap-0.5">
        {SCREENS.map(({ path, label, icon: Icon, command }) => {
          const current = location === path || location.startsWith(`${path}/`);
          const shortcut = shortcutOf(command);
          const keys = shortcut ? ` (${shortcutText(shortcut, IS_MAC)})` : '';
          return (
            <li key={path}>
              <Link
                href={addressOf(path)}
                aria-current={current ? 'page' : undefined}
                aria-keyshortcuts={ariaKeys(command)}
                title={`${label}${keys}`}
                className="flex h-control items-center gap-2.5 rounded-md px-2.5 text-sm font-medium text-muted transition-colors hover:bg-hover hover:text-ink aria-[current=page]:bg-active aria-[current=page]:text-ink"
              >
                <Icon aria-hidden size={16} strokeWidth={2} className="shrink-0" />
                <span className="max-[1000px]:sr-only">{label}</span>
              </Link>
            </li>
          );
        })}
      </ul>
      <ThemeSwitch />
    </nav>
  );
}

const THEMES: readonly { readonly key: Appearance['theme']; readonly name: string; readonly icon: LucideIcon }[] = [
  { key: 'system', name: strings.frame.theme.system, icon: Monitor },
  { key: 'light', name: strings.frame.theme.light, icon: Sun },
  { key: 'dark', name: strings.frame.theme.dark, icon: Moon },
];

function ThemeSwitch() {
  const theme = useAppearance((state) => state.theme);
  const choose = useAppearance((state) => state.choose);
  return (
    <div className="flex justify-center pt-2 max-[1000px]:[&>*]:flex-col short:hidden">
      <Segmented
        label={strings.frame.theme.label}
        selected={theme}
        onSelect={(next) => choose({ theme: next })}
        segments={THEMES.map(({ key, name, icon: Icon }) => ({ key, name, label: <Icon aria-hidden size={14} /> }))}
      />
    </div>
  );
}

function Logo() {
  return (
    <svg viewBox="0 0 32 32" aria-hidden className="size-6 shrink-0">
      <rect width="32" height="32" rx="8" className="fill-accent-fill" />
      <path d="M6 23.5 26 17" className="fill-none stroke-on-accent" strokeWidth="2.6" strokeLinecap="round" />
      <path
        d="M8.600 17.600 L22.900 12.950 L20.900 16.300 C20.600 16.800 20.150 17.150 19.600 17.300 L11.700 19.900 C10.500 20.300 9.200 19.600 8.900 18.400 Z"
        className="fill-on-accent"
      />
    </svg>
  );
}
