import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { print } from 'graphql';

export const [address = '', token = '', id = ''] = process.argv.slice(2);

export async function ask<Data, Variables>(document: TypedDocumentNode<Data, Variables>, variables: Variables) {
  const answer = await fetch(`${address}/graphql`, {
    method: 'POST',
    headers: { 'Authorization': `Bearer ${token}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ query: print(document), variables }),
  });
  const { data, errors } = (await answer.json()) as { data?: Data; errors?: { message: string }[] };
  if (errors || !data) throw new Error(errors?.map((error) => error.message).join('; '));
  return data;
}
