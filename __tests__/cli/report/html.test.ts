import { html } from "../../../cli/report/html";

test("escapes every value, in text and in attributes", () => {
  const value = `<b class="x">'&'</b>`;
  expect(html`<p title="${value}">${value}</p>`.markup).toBe(
    '<p title="&lt;b class=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/b&gt;">&lt;b class=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/b&gt;</p>',
  );
});

test("leaves markup of its own as it is, in lists and within each other", () => {
  const items = ["a", "<b>"].map((item) => html`<li>${item}</li>`);
  expect(
    html`<ul>
      ${items}
    </ul>`.markup.replace(/\s/g, ""),
  ).toBe("<ul><li>a</li><li>&lt;b&gt;</li></ul>");
  expect(html`<p>${[html`<i>${1}</i>`, 0, "<"]}</p>`.markup).toBe("<p><i>1</i>0&lt;</p>");
});

test("leaves nothing where a value is undefined or false", () => {
  expect(html`<p>${undefined}${false}</p>`.markup).toBe("<p></p>");
});

test("shows no secret, and nothing that turns a text around", () => {
  expect(html`<p>${"token hvs.CAESIJ and \u202e"}</p>`.markup).toBe("<p>token (not shown) and \\u202e</p>");
});
