import { version } from '../../package.json';

/** The product's version. */
export const SLIPWAY_VERSION: string = version;
