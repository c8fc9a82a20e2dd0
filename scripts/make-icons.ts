/**
 * Writes the icons of resources/icons from the drawing of the user interface; run it by `node scripts/make-icons.ts`
 * after a change to src-renderer/public/icon.svg. It needs a Chromium.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium } from '@playwright/test';
import { findChromium } from './lib/find-chromium.ts';
import { giveUp, inProject } from './lib/project.mjs';

const FOLDER = inProject('resources', 'icons');
const found = findChromium();
if (!found) giveUp('there is no Chromium to draw with; "npm run test:e2e" gets one.');

const drawing = await readFile(inProject('src-renderer', 'public', 'icon.svg'), 'utf8');
/** The mark alone in black: macOS gives it the colour of the menu bar. */
const template = drawing.replace(/<rect[^>]*\/>/u, '').replaceAll('#fff', '#000');

const browser = await chromium.launch({
  executablePath: found.path,
  ...(process.getuid?.() === 0 && { args: ['--no-sandbox'] }),
});
const page = await browser.newPage();

/** The drawing as PNG, so many pixels wide and high. */
async function draw(svg: string, size: number): Promise<Buffer> {
  await page.setViewportSize({ width: size, height: size });
  const style = `<style>body{margin:0}svg{display:block;width:${size}px;height:${size}px}</style>`;
  await page.setContent(`${style}${svg}`);
  return page.screenshot({ omitBackground: true });
}

/** Windows' own container, which has been allowed to hold a PNG since Windows Vista. */
function icoOf(png: Buffer, size: number): Buffer {
  const header = Buffer.alloc(22);
  header.writeUInt16LE(1, 2); // an icon
  header.writeUInt16LE(1, 4); // with one image
  header.writeUInt8(size % 256, 6);
  header.writeUInt8(size % 256, 7);
  header.writeUInt16LE(1, 10); // colour planes
  header.writeUInt16LE(32, 12); // bits per pixel
  header.writeUInt32LE(png.length, 14);
  header.writeUInt32LE(header.length, 18);
  return Buffer.concat([header, png]);
}

const files: Readonly<Record<string, Buffer>> = {
  'icon.png': await draw(drawing, 512),
  'tray.png': await draw(drawing, 22),
  'tray@2x.png': await draw(drawing, 44),
  'tray.ico': icoOf(await draw(drawing, 32), 32),
  'trayTemplate.png': await draw(template, 16),
  'trayTemplate@2x.png': await draw(template, 32),
};
await browser.close();
await mkdir(FOLDER, { recursive: true });
for (const [name, bytes] of Object.entries(files)) await writeFile(join(FOLDER, name), bytes);
