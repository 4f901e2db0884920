// Answers each line that comes in with one that goes out, and gives names the form of either side.
import { createInterface } from 'node:readline';

export async function answerLines(outcome) {
  for await (const line of createInterface({ input: process.stdin })) {
    console.log(JSON.stringify(await outcome(process.argv[2], JSON.parse(line))));
  }
}

export const camel = (name) => name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());
export const snake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

export function renamed(value, form) {
  if (Array.isArray(value)) return value.map((each) => renamed(each, form));
  if (value === null || typeof value !== 'object' || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [form(name), renamed(each, form)]));
}
