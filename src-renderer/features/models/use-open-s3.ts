import { useLocation } from 'wouter';
import { useBoard, useServices } from '../../stores/services.tsx';

/** Goes on with a place in a store; where none is connected yet, that comes first. */
export function useOpenS3(): () => void {
  const { list } = useServices();
  const [, navigate] = useLocation();
  const isConnected = (useBoard('sources')?.connections.length ?? 0) > 0;
  return () => (isConnected ? list.getState().add({ paths: ['s3://'] }) : navigate('/sources/new'));
}
