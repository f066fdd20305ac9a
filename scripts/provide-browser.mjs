import { answers } from './answers.mjs';
import { installSystemPackage } from './install-system-package.mjs';
import { say } from './say.mjs';

const CANDIDATES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/**
 * Name or path of a Chromium for the browser tests, or null when none can be had.
 * `SLUICE_CHROMIUM` names one that is not on the PATH.
 */
export function provideBrowser() {
  const named = process.env.SLUICE_CHROMIUM;
  if (named) return named;
  const found = CANDIDATES.find(isThere);
  if (found) return found;
  say('no Chromium on the PATH: asking the system package manager');
  const installed = installSystemPackage({
    'apt-get': ['chromium', 'chromium-browser'],
    dnf: ['chromium'],
    apk: ['chromium'],
  });
  if (installed) say(`installed ${installed}`);
  return CANDIDATES.find(isThere) ?? null;
}

function isThere(command) {
  return answers(command, ['--version'], 30_000);
}
