// A person's customer at Polar comes, changes and goes with the person's account.

import { expect } from "vitest";
import { test } from "./fixtures.js";
import { ADA, PASSWORD, Person } from "./person.js";

test("who signs up is a customer", async ({ ada, polar }) => {
  const { status, said } = await ada.signUp();

  expect(status).toBe(200);
  const customer = await polar.customers.getExternal({ externalId: said.user.id });
  expect(customer).toMatchObject({ email: "ada@example.com", name: "Ada Lovelace" });
});

test("the customer is really there, by a plain request too", async ({ ada, icefloe }) => {
  const { said } = await ada.signUp();
  const answer = await fetch(`${icefloe.url}/v1/customers/?email=ada@example.com`, {
    headers: { Authorization: `Bearer ${icefloe.token}` },
  });
  const { items, pagination } = await answer.json();

  expect(pagination).toEqual({ total_count: 1, max_page: 1 });
  expect(items[0]).toMatchObject({ external_id: said.user.id, name: "Ada Lovelace" });
});

test("who was a customer before stays the same one", async ({ ada, icefloe, polar }) => {
  await icefloe.addCustomers({ email: "ada@example.com", metadata: { campaign: "spring" } });
  const { said } = await ada.signUp();
  const customer = await polar.customers.getExternal({ externalId: said.user.id });

  expect(customer.metadata).toEqual({ campaign: "spring" });
});

test("a person sees their state at Polar", async ({ ada }) => {
  const { said } = await ada.signUp();
  const state = (await ada.get("/customer/state")).said;

  expect(state.externalId).toBe(said.user.id);
  expect(state.activeSubscriptions).toEqual([]);
});

test("a new name is the customer's name", async ({ ada, polar }) => {
  await ada.signUp();
  await ada.post("/update-user", { name: "Ada King" });
  const customer = await polar.customers.getExternal({ externalId: await ada.id() });

  expect(customer.name).toBe("Ada King");
});

test("a new address is the customer's address", async ({ ada, polar }) => {
  await ada.signUp();
  await ada.post("/change-email", { newEmail: "countess@example.com" });
  const customer = await polar.customers.getExternal({ externalId: await ada.id() });

  expect(customer.email).toBe("countess@example.com");
});

test("who deletes their account is no customer any more", async ({ ada, polar }) => {
  await ada.signUp();
  const { status } = await ada.post("/delete-user", { password: PASSWORD });
  const { result } = await polar.customers.list({});

  expect(status).toBe(200);
  expect(result.items).toEqual([]);
  expect(await ada.id()).toBeUndefined();
});

test("each person has a customer of their own", async ({ ada, service, polar }) => {
  const grace = new Person(service);
  await ada.signUp();
  await grace.signUp({ ...ADA, email: "grace@example.com", name: "Grace Hopper" });
  await ada.post("/delete-user", { password: PASSWORD });
  const { result } = await polar.customers.list({});

  expect(result.items.map((customer) => customer.name)).toEqual(["Grace Hopper"]);
});
