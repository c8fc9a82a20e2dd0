import {
  Boxes,
  Info,
  Keyboard,
  Palette,
  Power,
  Search,
  Server,
  ShieldCheck,
  SlidersHorizontal,
  WifiOff,
} from 'lucide-react';
import type { LucideIcon } from 'lucide-react';
import type { KeyboardEvent } from 'react';
import { Link, useLocation, useParams, useSearch } from 'wouter';
import type { ServerSettingGroup, ServerSettingId } from '#contracts/ui-settings.ts';
import { Button, buttonClass } from '../../components/button.tsx';
import { EmptyState, Notice } from '../../components/notice.tsx';
import { ScrollArea } from '../../components/scroll-area.tsx';
import { SearchField } from '../../components/search-field.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { formatCount } from '../../format/quantity.ts';
import { useAppearance, useServer, useServices } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import { aboutRows } from './about-rows.tsx';
import { advancedRows } from './advanced-rows.tsx';
import { appearanceRows } from './appearance-rows.tsx';
import { useDesktop } from './desktop-rows.tsx';
import { keysRows } from './keys-rows.tsx';
import { useLogLevelRow, useSamplesRow } from './live-rows.tsx';
import { usePrivacy } from './privacy-rows.tsx';
import { RetryNotice } from './retry-notice.tsx';
import { factRows, memoryRow, openPortRows } from './server-rows.tsx';
import { portRow, switchRow } from './serving-rows.tsx';
import { useExposureRows } from './use-exposure-rows.tsx';
import { SettingGroup } from './setting-row.tsx';
import type { SettingRow } from './setting-row.tsx';
import type { SectionId, SettingSection } from './setting-section.ts';
import { groupsOf, matchingRows, SECTION_IDS } from './setting-section.ts';
import { useAnswer } from './use-answer.ts';

const words = strings.settings;

const ICONS: Readonly<Record<SectionId, LucideIcon>> = {
  server: Server,
  models: Boxes,
  startup: Power,
  appearance: Palette,
  privacy: ShieldCheck,
  keys: Keyboard,
  advanced: SlidersHorizontal,
  about: Info,
};

const titleOf = (id: SectionId): string => (id === 'about' ? words.aboutTitle : strings.frame.settings[id].title);

const SERVER_GROUPS: readonly { readonly group: ServerSettingGroup; readonly title: string }[] = [
  { group: 'addresses', title: words.groups.addresses },
  { group: 'access', title: words.groups.access },
  { group: 'limits', title: words.groups.limits },
];
/** Those of the addresses that can be changed here. */
const WITH_OWN_ROWS: ReadonlySet<ServerSettingId> = new Set(['host', 'restPort', 'grpcPort']);
const MODEL_GROUPS: readonly { readonly group: ServerSettingGroup; readonly title: string }[] = [
  { group: 'finding', title: words.groups.finding },
  { group: 'loading', title: words.groups.loading },
  { group: 'running', title: words.groups.run },
  { group: 'copies', title: words.groups.copies },
];

/** Everything that can be set, and what is set: by section, or found by words over all sections. */
export function SettingsScreen() {
  const { section: asked = SECTION_IDS[0] } = useParams<{ section?: string }>();
  const [location, navigate] = useLocation();
  const query = new URLSearchParams(useSearch()).get('q') ?? '';
  const sections = useSections();
  const current = sections.find(({ id }) => id === asked);
  const isSearch = query.trim() !== '';
  const found = sections.map((section) => ({ section, rows: matchingRows(section, query) }));
  const shown = isSearch
    ? found.filter(({ rows }) => rows.length > 0)
    : found.filter(({ section }) => section === current);
  const count = found.reduce((sum, { rows }) => sum + rows.length, 0);
  const search = (text: string): void => {
    navigate(text === '' ? location : `${location}?${new URLSearchParams({ q: text }).toString()}`, { replace: true });
  };
  return (
    <div className="flex h-full min-h-0 flex-col">
      <header className="flex flex-wrap items-center gap-x-4 gap-y-2 border-b border-line px-5 pt-4 pb-3">
        <h1 className="text-lg font-semibold tracking-tight">{words.title}</h1>
        <div className="flex max-w-md min-w-56 flex-1">
          <SearchField
            label={words.search.label}
            placeholder={words.search.placeholder}
            text={query}
            onChange={search}
          />
        </div>
        <p role="status" className="text-xs text-muted">
          {isSearch && words.search.found(formatCount(count), count === 1)}
        </p>
      </header>
      <div className="flex min-h-0 flex-1 max-[900px]:flex-col">
        <Sections
          sections={found.map(({ section, rows }) => ({ ...section, found: isSearch ? rows.length : undefined }))}
          current={isSearch ? undefined : current?.id}
        />
        <ScrollArea key={isSearch ? 'search' : asked} label={words.contentLabel} className="min-h-0 min-w-0 flex-1">
          {/* Room at the end: a message in the corner of the window must not stand over the last button. */}
          <div className="flex max-w-3xl flex-col gap-8 p-5 pb-28">
            {shown.map(({ section, rows }) => (
              <Section key={section.id} section={section} rows={rows} isSearch={isSearch} />
            ))}
            {isSearch && count === 0 && (
              <EmptyState
                icon={Search}
                title={words.search.none(query.trim())}
                actions={<Button onClick={() => search('')}>{words.search.clear}</Button>}
              >
                {words.search.noneText}
              </EmptyState>
            )}
            {!isSearch && !current && (
              <EmptyState
                icon={Info}
                title={words.unknown}
                actions={
                  <Link href="/settings" className={buttonClass()}>
                    {words.unknownBack}
                  </Link>
                }
              >
                {words.unknownText}
              </EmptyState>
            )}
          </div>
        </ScrollArea>
      </div>
    </div>
  );
}

/** All sections with what is known for them now. */
function useSections(): readonly SettingSection[] {
  const { commands, shell } = useServices();
  const isLive = useServer((state) => state.connection.phase === 'live');
  const isLost = useServer((state) => state.connection.phase === 'lost');
  const server = useServer((state) => state.server);
  const appearance = useAppearance((state) => state);
  // What a server said stands until another one runs.
  const key = isLive ? server?.instanceId : undefined;
  const reach = JSON.stringify([server?.serving.state, server?.restUrl, server?.grpcAddress, server?.serving.exposure]);
  const {
    value: settings,
    problem,
    ask,
  } = useAnswer(
    (signal) => commands.run('serverSettings', {}, signal),
    // The open ports are other ones when the switch or the networks change.
    key && `${key} ${reach}`,
  );
  const exposure = useExposureRows(settings, server);
  const logLevel = useLogLevelRow(key);
  const samples = useSamplesRow(key);
  const desktop = useDesktop();
  const privacy = usePrivacy(settings, key);

  const offline = isLost && (
    <Notice tone="warn" icon={WifiOff} title={words.offline}>
      {words.offlineText}
    </Notice>
  );
  const waiting = settings === undefined && problem === undefined && !isLost && <Waiting />;
  const trouble = problem !== undefined && <RetryNotice title={words.failed} message={problem} onRetry={ask} />;
  const atStart = settings && <p className="px-1 text-xs text-muted">{words.atStart}</p>;
  const parts: Readonly<Record<SectionId, Pick<SettingSection, 'note' | 'rows'>>> = {
    server: {
      note: (
        <>
          {offline}
          {trouble}
          {atStart}
          {waiting}
        </>
      ),
      rows: [
        switchRow(),
        memoryRow(server),
        ...logLevel,
        ...(settings && server
          ? [
              ...portRow('rest', settings, server),
              ...portRow('grpc', settings, server),
              ...factRows(settings, SERVER_GROUPS.slice(0, 1), WITH_OWN_ROWS),
              ...exposure,
              ...factRows(settings, SERVER_GROUPS.slice(1)),
              ...openPortRows(settings),
            ]
          : []),
      ],
    },
    models: {
      note: (
        <>
          {offline}
          {trouble}
          {atStart}
          {waiting}
        </>
      ),
      rows: [...samples, ...(settings ? factRows(settings, MODEL_GROUPS) : [])],
    },
    startup: { rows: desktop.rows, note: desktop.isWaiting ? <Waiting /> : desktop.note },
    appearance: { rows: appearanceRows(appearance) },
    privacy: {
      note: (
        <>
          {offline}
          {privacy.note}
        </>
      ),
      rows: privacy.rows,
    },
    keys: { rows: keysRows(appearance, shell !== undefined) },
    advanced: { note: offline, rows: advancedRows(settings) },
    about: { rows: aboutRows(server, settings) },
  };
  return SECTION_IDS.map((id) => ({ id, title: titleOf(id), icon: ICONS[id], ...parts[id] }));
}

const Waiting = () => <Skeleton rows={4} label={words.loading} />;

function Section({
  section: { id, title, icon: Icon, note },
  rows,
  isSearch,
}: {
  readonly section: SettingSection;
  readonly rows: readonly SettingRow[];
  readonly isSearch: boolean;
}) {
  return (
    <section aria-labelledby={`settings-${id}`} className="flex flex-col gap-4">
      <h2 id={`settings-${id}`} className="flex items-center gap-2 text-md font-semibold">
        {isSearch && <Icon aria-hidden size={15} className="text-muted" />}
        {title}
      </h2>
      {!isSearch && note}
      {[...groupsOf(rows)].map(([group, ofGroup]) => (
        <SettingGroup key={group} title={group} rows={ofGroup} />
      ))}
    </section>
  );
}

/** The way between sections; during a search, how much was found in each. */
function Sections({
  sections,
  current,
}: {
  readonly sections: readonly (SettingSection & { readonly found: number | undefined })[];
  readonly current: SectionId | undefined;
}) {
  return (
    <nav
      aria-label={words.sectionsLabel}
      className="flex shrink-0 gap-0.5 overflow-y-auto border-line p-3 max-[900px]:flex-wrap max-[900px]:border-b max-[900px]:py-1.5 min-[901px]:w-52 min-[901px]:flex-col min-[901px]:border-e"
    >
      {sections.map(({ id, title, icon: Icon, found }) => (
        <Link
          key={id}
          href={`/settings/${id}`}
          data-settings-section
          aria-current={current === id ? 'page' : undefined}
          onKeyDown={moveBetweenSections}
          className={`group flex min-h-8 items-center gap-2.5 rounded-md px-2.5 py-1 text-sm transition-colors hover:bg-hover hover:text-ink aria-[current=page]:bg-active aria-[current=page]:font-medium aria-[current=page]:text-ink ${found === 0 ? 'text-faint' : 'text-muted'}`}
        >
          <Icon aria-hidden size={15} strokeWidth={1.75} className="shrink-0 max-[900px]:hidden" />
          <span className="truncate">{title}</span>
          {found !== undefined && <span className="ms-auto text-2xs tabular-nums">{formatCount(found)}</span>}
        </Link>
      ))}
    </nav>
  );
}

function moveBetweenSections(event: KeyboardEvent<HTMLElement>): void {
  const links = [
    ...(event.currentTarget.closest('nav')?.querySelectorAll<HTMLElement>('[data-settings-section]') ?? []),
  ];
  const at = links.indexOf(event.currentTarget);
  const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: links.length - 1 }[event.key];
  if (next === undefined || !links[next]) return;
  event.preventDefault();
  links[next].focus();
}
