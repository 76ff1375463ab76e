/**
 * In place of wsl-utils, which takes 5 ms of every start: whether this is Windows' Linux only shows in a user agent that nobody
 * sends, and where PowerShell is only matters to learn the name of the shell.
 */
export const isWsl = false;
export const powerShellPath = async (): Promise<string> => 'powershell.exe';
