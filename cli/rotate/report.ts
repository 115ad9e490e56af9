import { nameList } from "../../lib/private/text";
import { span } from "../command-line/text";
import { findingLines, nextStep } from "../status/report";
import type { Told } from "./look";
import type { Standing } from "./standing";
import { stacksOf } from "./stacks";

export function reportText(told: Told): string {
  const { standing, first } = told;
  const { course, next } = standing;
  const findings = findingLines(next.findings);
  return [
    ...first.map((line) => `${line}.`),
    ...(first.length > 0 ? [""] : []),
    ...(course ? [titleOf(standing), "", ...stepLines(standing), ""] : []),
    ...(findings.length > 0 ? [...findings, ""] : []),
    course && course.at === course.steps.length ? "finished: nothing is left to do" : nextStep(next),
    ...hints(told),
  ].join("\n");
}

/** `root a to b, step 2 of 6`. */
export function titleOf({ course }: Standing): string {
  if (!course) return "unknown";
  const { title, at, steps } = course;
  return at === steps.length ? `${title}, finished` : `${title}, step ${at + 1} of ${steps.length}`;
}

/** `done`, `next`, or nothing, and the step; where one is taken in part, where it is left. */
export function stepLines({ course }: Standing): string[] {
  const { steps, at } = course!;
  return steps.map(({ text, clusters }, index) => {
    const mark = index < at ? "done" : index === at ? "next" : "";
    const where = index === at && clusters.length > 0 ? `  (${nameList(clusters)})` : "";
    return `  ${mark.padEnd(4)}  ${text}${where}`;
  });
}

function hints({ standing, isWritten }: Told): string[] {
  const { course } = standing;
  if (!course) return ["istio-vault status says why"];
  if (course.at === course.steps.length) return [];
  const seconds = course.steps.slice(course.at).reduce((sum, step) => sum + step.seconds, 0);
  const stacks = stacksOf(course.wanted).map(({ stack }) => `'${stack}'`);
  if (course.instead !== undefined) return [`this step is taken by hand: ${course.instead}`];
  return [
    isWritten
      ? `mesh.yaml says so already: deploy ${nameList(stacks)}, or use --deploy`
      : "mesh.yaml does not say so yet: --write makes the change",
    ...course.commands.map((command) => `after the deploy: ${command}`),
    `to the end: about ${span(seconds * 1000)}, without deploys and reviews, where every proxy can be seen`,
  ];
}

export function reportJson({ standing, isWritten, first }: Told): string {
  const { mesh, at, course, next } = standing;
  const steps = course?.steps.map(({ text, clusters, seconds }, index) => ({
    ...{ text, seconds, clusters },
    state: index < course.at ? "done" : index === course.at ? "next" : "open",
  }));
  const rest = course && {
    title: course.title,
    finished: course.at === course.steps.length,
    inMeshYaml: isWritten,
    instead: course.instead,
    stacks: stacksOf(course.wanted).map(({ stack }) => stack),
    commands: course.commands,
    steps,
  };
  return JSON.stringify({ schemaVersion: 1, mesh, at, first, ...rest, next }, undefined, 2);
}

/** The message of the commit, and of its pull request: a title, an empty line, and what a reviewer wants to know. */
export function message(standing: Standing, changes: readonly string[]): string {
  const { course, next, at } = standing;
  const { steps, at: index, title, commands } = course!;
  const following = steps[index + 1];
  return [
    `Rotate ${title}: ${steps[index].text}`,
    "",
    `Step ${index + 1} of ${steps.length}: ${nameList(next.changes, 10)}.`,
    "",
    ...stepLines(standing).map((line) => `    ${line.trimEnd()}`),
    "",
    ...(changes.length > 0 ? ["In mesh.yaml:", "", ...changes.map((line) => `    ${line}`), ""] : []),
    `The gate at ${at.toISOString()}: ${next.verdict}. The deploy asks it again.`,
    ...commands.map((line) => `After the deploy: \`${line}\`.`),
    following
      ? `The next step, ${following.text}, can follow about ${span(steps[index].seconds * 1000)} after the deploy; \`istio-vault rotate\` says when.`
      : "It is the last one.",
  ].join("\n");
}
