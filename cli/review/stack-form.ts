/**
 * Terraform takes a block of JSON as an object or as a list of objects, at every level. cdktf writes one form,
 * and everything here reads that one: what is written in another could be seen by Terraform alone.
 */

type Form = (value: unknown, path: string) => string[];

const object: Form = (value, path) =>
  isObject(value) ? [] : [`${path} has a form that cdktf does not write`];
const each =
  (form: Form): Form =>
  (value, path) =>
    isObject(value)
      ? Object.entries(value).flatMap(([key, below]) => (key === "//" ? [] : form(below, `${path}.${key}`)))
      : object(value, path);
const list =
  (form: Form): Form =>
  (value, path) =>
    Array.isArray(value) ? value.flatMap((item) => form(item, path)) : object([], path);

/** The top level of a configuration; what is missing here no stack of ours holds. */
const FORMS: Readonly<Record<string, Form>> = {
  "//": () => [],
  terraform: (value, path) => [
    ...object(value, path),
    ...(isObject(value)
      ? [
          ...each(each(() => []))(value.required_providers ?? {}, `${path}.required_providers`),
          ...each(object)(value.backend ?? {}, `${path}.backend`),
        ]
      : []),
  ],
  provider: each(list(object)),
  resource: each(each(object)),
  data: each(each(object)),
  variable: each(object),
  output: each(object),
  module: each(object),
  locals: object,
  import: list(object),
  removed: list(object),
  moved: list(object),
};

/** Where a stack's JSON has a form that is not read here. */
export function formFaults(json: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(json).flatMap(([key, value]) =>
    Object.hasOwn(FORMS, key) ? FORMS[key](value, key) : [`there is the block ${key}`],
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
