import {
  type ASTNode,
  type DocumentNode,
  type FieldNode,
  Kind,
  type OperationDefinitionNode,
  print,
  visit,
} from 'graphql';

/**
 * What decides a subscription's payload for a given event: the operation without the root field's arguments (they
 * choose events, they don't shape them) and the variables that are left. Equal keys give equal payloads.
 */
export function selectionKey(
  document: DocumentNode,
  operation: OperationDefinitionNode,
  rootFields: ReadonlySet<ASTNode>,
  variables: Readonly<Record<string, unknown>>,
): string {
  const shaping: DocumentNode = visit(
    { ...document, definitions: document.definitions.filter((one) => !isOther(one, operation)) },
    {
      [Kind.FIELD]: (node: FieldNode) => (rootFields.has(node) ? { ...node, arguments: [] } : undefined),
    },
  );
  const used = new Set<string>();
  visit(shaping, {
    [Kind.VARIABLE_DEFINITION]: () => false,
    [Kind.VARIABLE]: ({ name }) => {
      used.add(name.value);
    },
  });
  const withoutUnused: DocumentNode = visit(shaping, {
    [Kind.VARIABLE_DEFINITION]: (node) => (used.has(node.variable.name.value) ? undefined : null),
  });
  // A variable left out is not the same as null: its default may be something else.
  const values = [...used]
    .sort()
    .map((name) => (Object.hasOwn(variables, name) ? [name, variables[name]] : [name]));
  return print(withoutUnused) + JSON.stringify(values);
}

function isOther(definition: ASTNode, operation: OperationDefinitionNode): boolean {
  return definition.kind === Kind.OPERATION_DEFINITION && definition !== operation;
}
