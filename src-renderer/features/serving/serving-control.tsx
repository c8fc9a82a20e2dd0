import { Play, Square } from 'lucide-react';
import { Button } from '../../components/button.tsx';
import { useConnected, useServer, useServices } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import { startServing, stopServing } from './use-serving.ts';

const words = strings.serving;

/** Starts or stops serving, whichever makes sense now. While one of both is under way it waits. */
export function ServingControl({ size = 'sm' }: { readonly size?: 'sm' | 'md' }) {
  const services = useServices();
  const connected = useConnected();
  const state = useServer((all) => all.server?.serving.state);
  // One button that changes its words, so that the focus stays where it is.
  const stops = state === 'running' || state === 'draining';
  const isBusy = state === 'starting' || state === 'draining' || state === undefined;
  return (
    <Button
      size={size}
      variant={stops ? 'secondary' : 'primary'}
      icon={stops ? Square : Play}
      disabled={!connected || isBusy}
      onClick={() => (stops ? stopServing(services) : startServing(services))}
    >
      {stops ? words.stop : words.start}
    </Button>
  );
}
