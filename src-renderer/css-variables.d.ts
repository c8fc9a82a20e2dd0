import 'react';

declare module 'react' {
  /** Custom properties that the style sheet reads. */
  interface CSSProperties {
    '--version-width'?: string;
    /** Tracks of a table. */
    '--columns'?: string;
  }
}
