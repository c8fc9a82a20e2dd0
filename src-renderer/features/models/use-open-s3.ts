import { useLocation } from 'wouter';
import { useServices } from '../../stores/services.tsx';

/** Goes on with a place in a store; where none is connected yet, that comes first. */
export function useOpenS3(): () => void {
  const { list, server } = useServices();
  const [, navigate] = useLocation();
  return () => {
    // Asked when it matters: what the board says besides changes with each poll.
    const isConnected = (server.getState().boards.sources?.connections.length ?? 0) > 0;
    if (isConnected) list.getState().add({ paths: ['s3://'] });
    else navigate('/sources/new');
  };
}
