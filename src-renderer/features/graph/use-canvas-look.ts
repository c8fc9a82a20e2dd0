import { useSystemLook } from '../../components/system-look.ts';
import { useAppearance } from '../../stores/services.tsx';

/** Another text whenever the user or the system may have chosen other colours. */
export function useLook(): string {
  const look = useAppearance((state) => `${state.theme} ${state.contrast}`);
  return `${look} ${useSystemLook()}`;
}

/** Whether movements are to be left out, as it is at the moment of the question. */
export function useIsMotionReduced(): () => boolean {
  const motion = useAppearance((state) => state.motion);
  return () => motion === 'reduced' || matchMedia('(prefers-reduced-motion: reduce)').matches;
}
