import fs from 'node:fs';
import path from 'node:path';

/** Makes a folder of our own, and those above it. @throws the system's error, with the true reason */
export function makeFolder(folder: string): void {
  try {
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    // On a read-only file system Node says that nothing is there; the system itself says why.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') fs.mkdirSync(firstMissing(folder));
    throw error;
  }
}

function firstMissing(folder: string): string {
  const parent = path.dirname(folder);
  return parent === folder || fs.existsSync(parent) ? folder : firstMissing(parent);
}

/** What to do about a file or folder that the system refuses. @param otherwise for what is not the disk's trouble */
export function remedyForFile(error: unknown, otherwise: string): string {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOSPC':
    case 'EDQUOT':
    case 'EFBIG':
      return 'make room on that disk (or raise the quota), then run this again';
    case 'EROFS':
      return `that file system is mounted read-only: mount it writable, or ${otherwise}`;
    case 'ENOTDIR':
    case 'EEXIST':
      return `a file lies where a folder should be: move it away, or ${otherwise}`;
    case 'EMFILE':
    case 'ENFILE':
      return 'too many files are open: raise the limit (ulimit -n), then run this again';
    default:
      return otherwise;
  }
}
