/**
 * Imported first of all, before any schema is made: zod would compile its parsers with `new Function`, which the page's
 * content security policy forbids and reports.
 */
import { z } from 'zod';

z.config({ jitless: true });
