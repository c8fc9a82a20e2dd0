import { ChevronDown, Globe, ShieldAlert, WifiOff } from 'lucide-react';
import { Link } from 'wouter';
import type { ExposedAddress, Exposure, SetExposure } from '#contracts/ui-serving.ts';
import { Banner } from '../../components/banner.tsx';
import { Button, buttonClass, IconButton } from '../../components/button.tsx';
import { TONE_BOX, TONE_TEXT } from '../../components/notice.tsx';
import { errorText } from '../../stores/commands.ts';
import { useApp, useConnected, useServices } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import { useOpenExposure, usePausedExposure } from './use-serving.ts';

const words = strings.serving.exposed;

/** What every screen says of calls from the network. */
export function ExposureBanner() {
  return (
    <>
      <PausedBanner />
      <OpenBanner />
    </>
  );
}

/** The computer went into another network, where nobody chose to be reached: says so, and asks. */
function PausedBanner() {
  const { commands, toasts } = useServices();
  const connected = useConnected();
  const exposure = usePausedExposure();
  const isOpenElsewhere = useOpenExposure() !== undefined;
  if (!exposure) return null;
  const { tokenRequired, paused } = exposure;
  const set = (change: Pick<SetExposure, 'interfaces' | 'acceptNetworks'>, message: string): void => {
    commands
      .run('setExposure', { ...change, tokenRequired })
      .then(() => toasts.getState().show({ tone: 'neutral', message }))
      .catch((error: unknown) => toasts.getState().show({ tone: 'bad', message: errorText(error) }));
  };
  const again = (): void => set({ interfaces: interfacesOf(exposure.addresses), acceptNetworks: true }, words.again);
  return (
    <Banner
      tone="warn"
      icon={WifiOff}
      title={words.paused}
      actions={
        <>
          <Button size="sm" variant="primary" disabled={!connected} onClick={again}>
            {words.exposeAgain}
          </Button>
          {!isOpenElsewhere && (
            <Button size="sm" disabled={!connected} onClick={() => set({ interfaces: [] }, words.stopped)}>
              {words.stop}
            </Button>
          )}
        </>
      }
    >
      <span className="wrap-anywhere">{words.pausedText(paused.map(({ interface: name }) => name))}</span>{' '}
      {tokenRequired ? words.againWithToken : <span className="font-medium text-bad">{words.againWithoutToken}</span>}
    </Banner>
  );
}

/** Each once, as they were chosen. */
function interfacesOf(addresses: readonly ExposedAddress[]): SetExposure['interfaces'] {
  const distinct = new Map(
    addresses.map(({ interface: name, family }) => [`${family} ${name}`, { interface: name, family }]),
  );
  return [...distinct.values()];
}

/** As long as others than this computer can call, every screen says so: where, and whether they need a token. */
function OpenBanner() {
  const { commands, toasts } = useServices();
  const connected = useConnected();
  const exposure = useOpenExposure();
  const folded = useApp((state) => state.foldedExposure);
  const fold = useApp((state) => state.foldExposure);
  if (!exposure || folded === keyOf(exposure)) return null;
  const { tokenRequired, isFixed, addresses } = exposure;

  // What is paused in another network is not opened there by taking back a stop.
  const here = addresses.filter(({ isOtherNetwork }) => isOtherNetwork !== true);
  const tell = (error: unknown): void => toasts.getState().show({ tone: 'bad', message: errorText(error) });
  const stop = async (): Promise<void> => {
    try {
      await commands.run('setExposure', { interfaces: [], tokenRequired });
      toasts.getState().show({
        tone: 'neutral',
        message: words.stopped,
        action: {
          label: words.undo,
          run: () => {
            commands.run('setExposure', { interfaces: interfacesOf(here), tokenRequired }).catch(tell);
          },
        },
      });
    } catch (error) {
      tell(error);
    }
  };
  return (
    <Banner
      tone={tokenRequired ? 'warn' : 'bad'}
      icon={tokenRequired ? Globe : ShieldAlert}
      title={words.title}
      actions={
        <>
          <Link href="/settings/server?at=exposure" className={buttonClass('secondary', 'sm')}>
            {strings.serving.settings}
          </Link>
          {isFixed ? (
            <span className="text-xs text-muted">{words.fixed}</span>
          ) : (
            <Button size="sm" disabled={!connected} onClick={() => void stop()}>
              {words.stop}
            </Button>
          )}
          <IconButton icon={ChevronDown} label={words.fold} onClick={() => fold(keyOf(exposure))} />
        </>
      }
    >
      <span className="wrap-anywhere">{words.at(placesOf(exposure.open))}</span>
      {'. '}
      <span className={tokenRequired ? '' : 'font-medium text-bad'}>
        {tokenRequired ? words.withToken : words.withoutToken}.
      </span>
    </Banner>
  );
}

/** What stays in the status bar of the folded banner. */
export function ExposureChip() {
  const exposure = useOpenExposure();
  const folded = useApp((state) => state.foldedExposure);
  const fold = useApp((state) => state.foldExposure);
  if (!exposure || folded !== keyOf(exposure)) return null;
  const tone = exposure.tokenRequired ? 'warn' : 'bad';
  const Icon = exposure.tokenRequired ? Globe : ShieldAlert;
  return (
    <button
      type="button"
      title={`${words.title} ${words.at(placesOf(exposure.open))}. ${words.unfold}.`}
      onClick={() => fold(undefined)}
      className={`flex h-5 shrink-0 items-center gap-1 rounded-full px-2 font-medium ${TONE_BOX[tone]} ${TONE_TEXT[tone]}`}
    >
      <Icon aria-hidden size={12} strokeWidth={2.25} />
      {exposure.tokenRequired ? words.chip : words.chipOpen}
    </button>
  );
}

/** The first address, and how many more there are. */
function placesOf(open: readonly ExposedAddress[]): string {
  const [first = ''] = open.flatMap(({ restUrl, grpcAddress }) => restUrl ?? grpcAddress ?? []);
  return open.length > 1 ? `${first} ${words.more(String(open.length - 1))}` : first;
}

/** Differs whenever the banner would say something else. */
const keyOf = ({ open, tokenRequired }: Exposure & { readonly open: readonly ExposedAddress[] }): string =>
  JSON.stringify([tokenRequired, open.map(({ restUrl, grpcAddress }) => restUrl ?? grpcAddress)]);
