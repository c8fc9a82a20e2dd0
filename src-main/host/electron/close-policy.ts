/** What closing the window does. */
export type CloseDecision =
  /** The window goes, the server stays. */
  | 'hide'
  /** As `hide`, where a hidden window could not be brought back. */
  | 'minimise'
  /** The user says which of both it is to be, once. */
  | 'ask'
  | 'quit';

export interface CloseSituation {
  /** What the user chose; undefined until asked. */
  readonly keepServing: boolean | undefined;
  /** Whether there is something to click that brings a hidden window back: a tray, or the Dock of a Mac. */
  readonly canComeBack: boolean;
}

/**
 * Where a hidden window cannot come back and nobody chose otherwise, closing quits: a program that cannot be seen and cannot
 * be ended is the worst of all.
 */
export function decideClose({ keepServing, canComeBack }: CloseSituation): CloseDecision {
  if (!canComeBack) return keepServing === true ? 'minimise' : 'quit';
  if (keepServing === undefined) return 'ask';
  return keepServing ? 'hide' : 'quit';
}

export interface StartSituation {
  readonly startHidden: boolean;
  readonly isLoginStart: boolean;
  /** See {@link CloseSituation.canComeBack}. */
  readonly canComeBack: boolean;
  /** Whether something was asked to be opened. */
  readonly hasRequest: boolean;
}

/** How the window starts. */
export function decideStart(situation: StartSituation): 'show' | 'hide' | 'minimise' {
  if (!situation.startHidden || !situation.isLoginStart || situation.hasRequest) return 'show';
  return situation.canComeBack ? 'hide' : 'minimise';
}
