import { describe, expect, it } from 'vitest';
import { explainError } from '#commands/support/explain-error.ts';
import { EXIT, Unobserved, UserError } from '#model/errors.ts';

describe('an error', () => {
  it('that the user can act on is a message and a remedy, with its exit code', () => {
    const error = new UserError('the bucket is missing', 'create it', EXIT.notReady);
    expect(explainError(error, false)).toEqual({ text: 'Error: the bucket is missing\nTo fix it: create it', exit: 5 });
  });

  it('of an unreachable cluster is unknown, not failed', () => {
    expect(explainError(new Unobserved('unreachable', 'no answer'), false).exit).toBe(7);
  });

  it('of ours shows its stack and says that it is a bug', () => {
    const { text, exit } = explainError(new TypeError('x is not a function'), false);
    expect(text).toMatch(/^TypeError: x is not a function\n {4}at /);
    expect(text).toContain('This is a bug in anton-logging');
    expect(exit).toBe(70);
  });

  it.each([
    new UserError('pod \u001b[2Jx\u0007:\n\ta diff', 'say \u009b2J'),
    new Unobserved('unreachable', 'gone \u001b]0;title\u0007'),
    new TypeError('\u001b[31m'),
  ])('moves no cursor: %#', (error) => {
    expect(explainError(error, false).text).not.toMatch(/[^\P{Cc}\n\t]/u);
  });

  it('of ours quotes no credential, and says where it happened', () => {
    const { text } = explainError(new TypeError('password=hunter22 is not a function'), false);
    expect(text).toMatch(/^TypeError: password=\*\*\* is not a function\n {4}at .*explain-error\.test\.ts:\d+/);
  });

  it('after Ctrl-C is the interruption', () => {
    expect(explainError(new Error('aborted'), true).exit).toBe(130);
  });
});
