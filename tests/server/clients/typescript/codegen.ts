import type { CodegenConfig } from '@graphql-codegen/cli';
import { addTypenameSelectionDocumentTransform } from '@graphql-codegen/client-preset';

const config: CodegenConfig = {
  schema: 'schema.graphql',
  documents: ['operations/*.graphql'],
  importExtension: '.js',
  generates: {
    'generated/': {
      preset: 'client',
      presetConfig: { fragmentMasking: false, persistedDocuments: { hashAlgorithm: 'sha256' } },
      documentTransforms: [addTypenameSelectionDocumentTransform],
      config: {
        enumsAsTypes: true,
        strictScalars: true,
        useTypeImports: true,
        scalars: {
          Currency: 'string',
          Date: 'string',
          DateTime: 'string',
          JSON: 'unknown',
          Money: 'number',
          Quantity: { input: 'number | string', output: 'number' },
          UnitPrice: { input: 'number | string', output: 'number' },
        },
      },
    },
  },
};

export default config;
