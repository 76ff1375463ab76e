/** Why this Node cannot run the program, or undefined when it can. */
export function refuseNode(version: string, engines: string): string | undefined;
