import type { LucideIcon } from 'lucide-react';
import { Activity, Cloud, FlaskConical, Layers, Monitor, Moon, ScrollText, Settings, Sun } from 'lucide-react';
import { useEffect, useEffectEvent, useState } from 'react';
import { Link, useLocation, useSearch } from 'wouter';
import { useAppearance } from '../stores/services.tsx';
import type { Appearance } from '../theme/appearance.ts';
import { strings } from '../strings/index.ts';
import { Segmented } from './segmented.tsx';

interface Screen {
  readonly path: string;
  readonly label: string;
  readonly icon: LucideIcon;
}

/** The screens in the order of the rail; Ctrl or Cmd with the number opens them. */
const SCREENS: readonly Screen[] = [
  { path: '/models', label: strings.frame.screens.models, icon: Layers },
  { path: '/play', label: strings.frame.screens.playground, icon: FlaskConical },
  { path: '/traffic', label: strings.frame.screens.traffic, icon: Activity },
  { path: '/sources', label: strings.frame.screens.sources, icon: Cloud },
  { path: '/logs', label: strings.frame.screens.logs, icon: ScrollText },
  { path: '/settings', label: strings.frame.screens.settings, icon: Settings },
];

/** The way between screens, and the theme. Only icons where the window is narrow. */
export function Rail() {
  const [location, navigate] = useLocation();
  const search = useSearch();
  // The model in the playground and the filter are still there when one comes back; the current screen starts afresh.
  const [left, setLeft] = useState<Readonly<Record<string, string>>>({});
  if (left[location] !== search) setLeft({ ...left, [location]: search });
  const addressOf = (path: string): string => (path === location || !left[path] ? path : `${path}?${left[path]}`);
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    const screen = SCREENS[Number(event.key) - 1];
    if (!screen || event.altKey || event.shiftKey || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    navigate(addressOf(screen.path));
  });
  useEffect(() => {
    const listening = new AbortController();
    document.addEventListener('keydown', (event) => onKey(event), { signal: listening.signal });
    return () => listening.abort();
  }, []);
  return (
    <nav aria-label="Screens" className="flex w-46 flex-col border-r border-line bg-sunken p-2 max-[1000px]:w-13">
      <div className="mb-3 flex h-9 items-center gap-2.5 px-1.5">
        <Logo />
        <span className="text-md font-semibold tracking-tight max-[1000px]:sr-only">Slipway</span>
      </div>
      <ul className="flex flex-1 flex-col gap-0.5">
        {SCREENS.map(({ path, label, icon: Icon }, index) => {
          const current = location === path || location.startsWith(`${path}/`);
          return (
            <li key={path}>
              <Link
                href={addressOf(path)}
                aria-current={current ? 'page' : undefined}
                title={`${label} (Ctrl+${index + 1})`}
                className="flex h-8 items-center gap-2.5 rounded-md px-2.5 text-sm font-medium text-muted transition-colors hover:bg-hover hover:text-ink aria-[current=page]:bg-active aria-[current=page]:text-ink"
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
  { key: 'system', name: 'Theme of the system', icon: Monitor },
  { key: 'light', name: 'Light theme', icon: Sun },
  { key: 'dark', name: 'Dark theme', icon: Moon },
];

function ThemeSwitch() {
  const theme = useAppearance((state) => state.theme);
  const choose = useAppearance((state) => state.choose);
  return (
    <div className="flex justify-center max-[1000px]:[&>*]:flex-col">
      <Segmented
        label="Theme"
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
