// What a user of @polar-sh/sdk 0.x does with what customers have and buy, and what they see of it.
// Prints one JSON document. The server's URL and a token come in the environment.
import { Polar } from "@polar-sh/sdk";

const { ICEFLOE_URL: serverURL, ICEFLOE_TOKEN: accessToken } = process.env;
const polar = new Polar({ serverURL, accessToken });
const { benefits, customerMeters, discounts, events, meters, orders, products, subscriptions } = polar;

const walk = async (pages) => {
  const seen = [];
  for await (const page of await pages) seen.push(...page.result.items);
  return seen;
};
const attempt = async (act) => {
  try {
    return { answered: (await act()) ?? null };
  } catch (error) {
    return { raised: error.constructor.name, message: error.message };
  }
};

const customer = await polar.customers.create({ email: "ada@example.com", name: "Ada" });
const calls = { conjunction: "and", clauses: [{ property: "name", operator: "eq", value: "call" }] };
const meter = await meters.create({ name: "Calls", filter: calls, aggregation: { func: "count" } });
const benefit = await benefits.create({ type: "custom", description: "Support", properties: { note: "Call us" } });
const prices = [{ amountType: "fixed", priceAmount: 0 }];
const plan = await products.create({ name: "Crew", recurringInterval: "week", prices });
const discount = await discounts.create({ name: "Two", type: "percentage", basisPoints: 200, duration: "once" });
await products.updateBenefits({ id: plan.id, productBenefitsUpdate: { benefits: [benefit.id] } });
const started = await subscriptions.create({ productId: plan.id, customerId: customer.id });
const later = new Date(Date.now() + 99 * 86400000).toISOString();
// The client takes these for another kind of change.
const end = (trial_end) =>
  fetch(`${serverURL}/v1/subscriptions/${started.id}`, {
    method: "PATCH",
    headers: { authorization: `Bearer ${accessToken}`, "content-type": "application/json" },
    body: JSON.stringify({ trial_end }),
  });
await end(later);
await end("now");
const subscription = await subscriptions.update({ id: started.id, subscriptionUpdate: { cancelAtPeriodEnd: true } });
const [order] = await walk(orders.list({}));
await orders.update({ id: order.id, orderUpdate: { billingName: "Ada", billingAddress: { country: "FR" } } });
await orders.generateInvoice({ id: order.id });
const counted = await events.ingest({ events: [{ name: "call", customerId: customer.id }] });
const [call] = (await events.list({ name: "call" })).items;
const [own] = await walk(customerMeters.list({}));

const now = new Date();
const yesterday = new Date(Date.now() - 86400000);

const seen = {
  got: [
    await products.get({ id: plan.id }), await benefits.get({ id: benefit.id }), await meters.get({ id: meter.id }),
    await discounts.get({ id: discount.id }), await subscriptions.get({ id: subscription.id }), await orders.get({ id: order.id }),
    await events.get({ id: call.id }), await customerMeters.get({ id: own.id }),
  ],
  listed: [
    await walk(products.list({})), await walk(benefits.list({})), await walk(meters.list({})),
    await walk(discounts.list({})), await walk(subscriptions.list({})), await walk(orders.list({})),
    [call], await walk(customerMeters.list({})),
  ],
  grants: [...(await walk(benefits.grants({ id: benefit.id }))), ...(await walk(polar.benefitGrants.list({})))],
  names: (await walk(events.listNames({ source: "user" }))).map((one) => one.name),
  counted,
  quantities: (await meters.quantities({ id: meter.id, startTimestamp: yesterday, endTimestamp: now, interval: "day" })).total,
  exports: [await subscriptions.export({}), await orders.export({})],
  renamed: [
    await products.update({ id: plan.id, productUpdate: { name: "Renamed" } }), await meters.update({ id: meter.id, meterUpdate: { name: "Renamed" } }),
    await discounts.update({ id: discount.id, discountUpdate: { name: "Renamed" } }),
  ].map((one) => one.name),
  described: (await benefits.update({ id: benefit.id, requestBody: { type: "custom", description: "Renamed" } })).description,
  absent: [await attempt(() => polar.refunds.list({})), await attempt(() => orders.invoice({ id: order.id }))],
  refused: await attempt(() => orders.finalize({ id: order.id, orderFinalize: {} })),
  revoked: (await subscriptions.revoke({ id: subscription.id })).status,
};
await discounts.delete({ id: discount.id });
await benefits.delete({ id: benefit.id });
seen.left = [...(await walk(discounts.list({}))), ...(await walk(benefits.list({})))];

console.log(JSON.stringify(seen));
