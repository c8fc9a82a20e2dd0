import type { ReactNode } from 'react';

export interface Option<K extends string> {
  readonly key: K;
  readonly label: string;
  /** A second line. */
  readonly note?: string;
  readonly disabled?: boolean;
}

export interface SelectProps<K extends string> {
  readonly label: string;
  readonly labelHidden?: boolean;
  readonly options: readonly Option<K>[];
  /** Undefined while nothing is chosen. */
  readonly selected: K | undefined;
  readonly onSelect: (key: K) => void;
  readonly placeholder?: string;
  readonly hint?: ReactNode;
  readonly error?: string | undefined;
  readonly disabled?: boolean;
  readonly mono?: boolean;
}
