import { z } from "zod";
import { serialPairs } from "../lib/private/serial";
import { rules } from "./rules";
import { checked, name, text } from "./schema-values";

const revoked = z.strictObject({
  cluster: name("cluster").describe("Name of the cluster it was issued for, which may be gone by now."),
  serial: checked(text, (value) => (serialPairs(value) ? undefined : rules.serialForm(value))).describe(
    "Its serial number, in hexadecimal, as istio-vault status shows it.",
  ),
});

/** Whether intermediates can be revoked, and which are. */
export const revocation = z.strictObject({
  lists: z
    .enum(["issued", "served"])
    .describe(
      "issued: roots, and each intermediate from its issue on, sign a list, which nobody reads yet; a change from or to nothing reissues all intermediates. served: istiod hands the lists to every proxy, once no certificate is left under an intermediate without one.",
    ),
  revoked: z
    .array(revoked)
    .default([])
    .describe("Intermediates that no proxy accepts any more. Istiods and agents look at no list."),
});
