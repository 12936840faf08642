// What a person notices when something is wrong between the service and Polar.

import { expect } from "vitest";
import { test } from "./fixtures.js";
import { PASSWORD } from "./person.js";

test("Polar asks for a pause: the person does not notice", async ({ ada, icefloe, polar }) => {
  await icefloe.addFault({ kind: "status", status: 429, retry_after: 1, times: 1 });

  expect((await ada.signUp()).status).toBe(200);
  expect((await polar.customers.list({})).result.pagination.totalCount).toBe(1);
});

test("Polar is down: a sign-up fails, and may be tried again", async ({ ada, icefloe }) => {
  const { id } = await icefloe.addFault({ kind: "status", status: 503 });
  const first = await ada.signUp();
  await icefloe.removeFault(id);
  const second = await ada.signUp();

  expect(first.status).toBe(500);
  expect(second.status).toBe(200);
});

test("an answer is lost: there is one customer, not two", async ({ ada, icefloe, polar }) => {
  const { id } = await icefloe.addFault({ kind: "drop", after: true, method: "POST" });
  await ada.signUp();
  await icefloe.removeFault(id);
  const { status, said } = await ada.signUp();

  expect(status).toBe(200);
  const { result } = await polar.customers.list({});
  expect(result.items.map((customer) => customer.externalId)).toEqual([said.user.id]);
});

test("an account is not gone here while it may still be there", async ({ ada, icefloe }) => {
  await ada.signUp();
  const { id } = await icefloe.addFault({ kind: "status", status: 502, method: "DELETE" });
  const first = await ada.post("/delete-user", { password: PASSWORD });
  const stillIn = await ada.id();
  await icefloe.removeFault(id);
  const second = await ada.post("/delete-user", { password: PASSWORD });

  expect(first.status).toBe(503);
  expect(stillIn).toBeDefined();
  expect(second.status).toBe(200);
});

// What the plugin leaves to the service: these tests fail when a newer version does otherwise.

test("half a sign-up: the account is there, its customer not linked", async ({
  ada,
  icefloe,
  polar,
}) => {
  const { id } = await icefloe.addFault({ kind: "status", status: 503, method: "PATCH" });
  const first = await ada.signUp();
  await icefloe.removeFault(id);
  const second = await ada.signUp();
  const { result } = await polar.customers.list({});

  expect(first.status).toBe(500);
  expect(second.said.code).toBe("USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL");
  expect(result.items.map((customer) => customer.externalId)).toEqual([null]);
});

test("a change that Polar does not hear of is made all the same", async ({
  ada,
  icefloe,
  polar,
}) => {
  await ada.signUp();
  await icefloe.addFault({ kind: "status", status: 503, method: "PATCH" });
  const { status } = await ada.post("/update-user", { name: "Ada King" });
  const { said } = await ada.get("/get-session");
  const { result } = await polar.customers.list({});

  expect(status).toBe(200);
  expect(said.user.name).toBe("Ada King");
  expect(result.items.map((customer) => customer.name)).toEqual(["Ada Lovelace"]);
});
