interface Components {
  schemas?: Record<string, unknown>;
}

const REFERENCE = /#\/components\/schemas\/([A-Za-z0-9_]+)/g;

/**
 * Drops the schemas that nothing refers to, and the `Input` that the generator puts behind the names of request
 * schemas where the plain name is free. Returns a new document.
 */
export function nameComponents<Document extends object>(document: Document): Document {
  const { components } = document as { components?: Components };
  const { schemas = {} } = components ?? {};
  const used = new Set<string>();
  const visit = (value: unknown): void => {
    for (const [, name = ''] of JSON.stringify(value ?? null).matchAll(REFERENCE)) {
      if (used.has(name)) continue;
      used.add(name);
      visit(schemas[name]);
    }
  };
  visit({ ...document, components: null });

  const finalName = (name: string): string => {
    const plain = name.replace(/Input$/, '');
    return used.has(plain) ? name : plain;
  };
  const kept = Object.entries(schemas).filter(([name]) => used.has(name));
  const renamed = Object.fromEntries(kept.map(([name, schema]) => [finalName(name), schema]));
  const whole = { ...document, components: { ...components, schemas: renamed } };
  const text = JSON.stringify(whole).replaceAll(
    REFERENCE,
    (_match, name: string) => `#/components/schemas/${finalName(name)}`,
  );
  return JSON.parse(text) as Document;
}
