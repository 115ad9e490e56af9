/** Where the pages are read that messages name: package.json's repository, which a test holds it to. */
export const PAGES = "https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main";

/** The page of all rules, each under its id. */
export const RULES_PAGE = `${PAGES}/docs/rules.md`;
