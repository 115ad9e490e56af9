import tseslint from "typescript-eslint";

/** A provider's package root loads every resource it has: two to five times the start-up time. */
const deepProviderImports = {
  "no-restricted-imports": [
    "error",
    {
      patterns: [
        {
          regex: "^@cdktf/provider-[a-z]+$",
          message: "Import the one resource: @cdktf/provider-vault/lib/mount.",
        },
        { regex: "^cdktf/", message: 'Import from "cdktf", so that its fork can take its place.' },
      ],
    },
  ],
};

const bareError = {
  selector: "ThrowStatement > NewExpression[callee.name='Error']",
  message: "Throw a ValidationError with a rule, so that the message has an id and a page.",
};

const childOfScope = {
  selector:
    "MethodDefinition[kind='constructor'] NewExpression[arguments.0.type='Identifier'][arguments.0.name='scope']",
  message: "Attach children to `this`; on `scope` a second instance would collide.",
};

export default tseslint.config(
  { ignores: ["cdktf.out", "coverage", "dist", "node_modules"] },
  ...tseslint.configs.recommended,
  {
    rules: {
      ...deepProviderImports,
      "@typescript-eslint/no-unused-vars": ["error", { ignoreRestSiblings: true }],
    },
  },
  {
    files: ["**/*.ts"],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      "@typescript-eslint/await-thenable": "error",
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-misused-promises": "error",
      "@typescript-eslint/switch-exhaustiveness-check": [
        "error",
        { considerDefaultExhaustiveForUnions: true },
      ],
    },
  },
  { files: ["**/*.cjs"], rules: { "@typescript-eslint/no-require-imports": "off" } },
  { files: ["lib/**/*.ts"], rules: { "no-restricted-syntax": ["error", bareError, childOfScope] } },
  { files: ["config/**/*.ts"], rules: { "no-restricted-syntax": ["error", bareError] } },
  { files: ["stacks/**/*.ts"], rules: { "no-restricted-syntax": ["error", childOfScope] } },
);
