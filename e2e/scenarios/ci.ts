import { scenario } from "../scenario";
import { githubPipeline } from "./ci/github-pipeline";
import { gitlabPipeline } from "./ci/gitlab-pipeline";
import { ciLogins } from "./ci/logins";
import { CLUSTER } from "./ci/mesh";

/** docs/ci.md and the samples of examples/ci, command by command. */
scenario({ clusters: [CLUSTER], needs: ["git", "curl", "jq"] }, () => {
  ciLogins();
  githubPipeline();
  gitlabPipeline();
});
