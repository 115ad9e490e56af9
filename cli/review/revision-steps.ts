import {
  groupByFacts,
  type RevisionedCluster,
  revisionChanges,
  revisionText,
} from "../../config/revision-transition";
import { nameList } from "../../lib/private/text";

const PAGE = "docs/upgrade-istio.md";

/** What a change of revisions needs of those who deploy it, which no commit can show. */
export function revisionSteps(
  base: readonly RevisionedCluster[],
  head: readonly RevisionedCluster[],
): string[] {
  const changes = revisionChanges(base, head);
  return [
    ...groupByFacts(changes, ({ listed }) => listed.map((revision) => [revision])).map(
      ({ facts: [revision], clusters }) =>
        `To list ${revisionText(revision)}: deploy 'vault-*' before ${nameList(clusters)}, since its istiod cannot log in before`,
    ),
    ...groupByFacts(changes, ({ promotion }) => (promotion ? [[promotion.from, promotion.to]] : [])).map(
      ({ facts: [from, to], clusters }) =>
        `To promote ${revisionText(to)}: before the deploy "istio-vault status" must find nothing wrong with its istiod in ${nameList(clusters)}; after it, restart the workloads that ${revisionText(from)} injected (${PAGE})`,
    ),
    ...groupByFacts(changes, ({ removed }) => removed.map((revision) => [revision])).map(
      ({ facts: [revision], clusters }) =>
        `To remove ${revisionText(revision)}: before the deploy no namespace and no pod of ${nameList(clusters)} may use it any more (${PAGE} has the commands); deploy ${nameList(clusters)} before 'vault-*'`,
    ),
  ];
}
