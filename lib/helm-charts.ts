import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { AssetType, TerraformAsset } from "cdktf";
import type { Construct } from "constructs";
import { ValidationError } from "./errors";
import { ISTIO_CHARTS } from "./private/upstream";
import { requireKnown } from "./private/tokens";
import { rules } from "./rules";

/** A chart as a Helm release names it. */
export interface ChartReference {
  /** Name of the chart within its repository, or path of its copy. */
  readonly chart: string;
  /**
   * URL of the repository.
   * @default - none: the chart is a copy
   */
  readonly repository?: string;
  /**
   * Version of the chart.
   * @default - the copy's own
   */
  readonly version?: string;
}

/** Where Helm charts come from. */
export abstract class HelmCharts {
  /** Istio's own chart repository, `https://blob.istio.io/istio-release/charts`. */
  public static istio(): HelmCharts {
    return HelmCharts.repository(ISTIO_CHARTS);
  }

  /** HashiCorp's own chart repository. */
  public static hashicorp(): HelmCharts {
    return HelmCharts.repository("https://helm.releases.hashicorp.com");
  }

  /** A chart repository: `https://...` or `oci://...`. */
  public static repository(url: string): HelmCharts {
    return new ChartRepository(url);
  }

  /**
   * A directory of unpacked charts, as `helm pull --untar` fills it, for sites without internet access.
   * Each chart is copied beside the synthesized stack, so that a plan needs nothing else.
   *
   * @param path absolute, or relative to the current directory
   * @throws ValidationError IV0130 if it is known only to Terraform
   */
  public static directory(path: string): HelmCharts {
    requireKnown("path", path);
    return new ChartDirectory(path);
  }

  /**
   * Finds a chart. Called by the constructs that release one.
   *
   * @throws ValidationError IV0404 if a directory holds no such chart
   */
  public abstract find(scope: Construct, chart: string, version: string): ChartReference;
}

class ChartRepository extends HelmCharts {
  constructor(private readonly url: string) {
    super();
  }

  public find(_scope: Construct, chart: string, version: string): ChartReference {
    return { chart, repository: this.url, version };
  }
}

class ChartDirectory extends HelmCharts {
  constructor(private readonly directory: string) {
    super();
  }

  public find(scope: Construct, chart: string): ChartReference {
    const path = resolve(this.directory, chart);
    if (!existsSync(join(path, "Chart.yaml"))) throw new ValidationError(rules.chartMissing(path), scope);
    // The version is the copy's own: asking for another would only make Terraform's plan disagree with its apply.
    return { chart: new TerraformAsset(scope, "Chart", { path, type: AssetType.DIRECTORY }).path };
  }
}
