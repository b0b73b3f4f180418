import { type DocumentNode, type FragmentDefinitionNode, Kind } from 'graphql';

export type FragmentsByName = Record<string, FragmentDefinitionNode>;

export function fragmentsOf({ definitions }: DocumentNode): FragmentsByName {
  return Object.fromEntries(
    definitions
      .filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION)
      .map((fragment) => [fragment.name.value, fragment]),
  );
}
