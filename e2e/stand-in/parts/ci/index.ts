import { githubPipeline } from "./github-pipeline";
import { gitlabPipeline } from "./gitlab-pipeline";
import { ciLogins } from "./logins";

export const ciParts = [ciLogins, githubPipeline, gitlabPipeline];
