// What a user of @polar-sh/sdk 1.x does with what customers have and buy, and what they see of it.
// Prints one JSON document. The server's URL and a token come in the environment.
import { createPolar } from "@polar-sh/sdk/2026-10";

const { ICEFLOE_URL: baseUrl, ICEFLOE_TOKEN: accessToken } = process.env;
const polar = createPolar({ baseUrl, accessToken });
const { benefits, customerMeters, discounts, events, meters, orders, products, subscriptions } = polar;

const walk = async (items) => {
  const seen = [];
  for await (const item of items) seen.push(item);
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
const prices = [{ amount_type: "fixed", price_amount: 0 }];
const plan = await products.create({ name: "Crew", recurring_interval: "week", prices });
const discount = await discounts.create({ name: "Two", type: "percentage", basis_points: 200, duration: "once" });
await products.updateBenefits(plan.id, { benefits: [benefit.id] });
const started = await subscriptions.create({ product_id: plan.id, customer_id: customer.id });
const later = new Date(Date.now() + 99 * 86400000).toISOString();
await subscriptions.update(started.id, { trial_end: later });
const subscription = await subscriptions.update(started.id, { trial_end: "now" });
const [order] = await walk(orders.iterList({}));
await orders.update(order.id, { billing_name: "Ada", billing_address: { country: "FR" } });
await orders.generateInvoice(order.id);
const counted = await events.ingest({ events: [{ name: "call", customer_id: customer.id }] });
const [call] = (await events.list({ name: "call" })).items;
const [own] = await walk(customerMeters.iterList({}));

const now = new Date().toISOString();
const yesterday = new Date(Date.now() - 86400000).toISOString();

const seen = {
  got: [
    await products.get(plan.id), await benefits.get(benefit.id), await meters.get(meter.id),
    await discounts.get(discount.id), await subscriptions.get(subscription.id), await orders.get(order.id),
    await events.get(call.id), await customerMeters.get(own.id),
  ],
  listed: [
    await walk(products.iterList({})), await walk(benefits.iterList({})), await walk(meters.iterList({})),
    await walk(discounts.iterList({})), await walk(subscriptions.iterList({})), await walk(orders.iterList({})),
    [call], await walk(customerMeters.iterList({})),
  ],
  grants: [...(await benefits.grants(benefit.id, {})).items, ...(await walk(polar.benefitGrants.iterList({})))],
  names: (await events.listNames({ source: "user" })).items.map((one) => one.name),
  counted,
  quantities: (await meters.quantities(meter.id, { start_timestamp: yesterday, end_timestamp: now, interval: "day" })).total,
  exports: [await subscriptions.export({}), await orders.export({})],
  renamed: [
    await products.update(plan.id, { name: "Renamed" }), await meters.update(meter.id, { name: "Renamed" }),
    await discounts.update(discount.id, { name: "Renamed" }),
  ].map((one) => one.name),
  described: (await benefits.update(benefit.id, { type: "custom", description: "Renamed" })).description,
  absent: [await attempt(() => polar.refunds.list({})), await attempt(() => orders.invoice(order.id))],
  refused: await attempt(() => orders.finalize(order.id, {})),
  revoked: (await subscriptions.revoke(subscription.id)).status,
};
await discounts.delete(discount.id);
await benefits.delete(benefit.id);
seen.left = [...(await walk(discounts.iterList({}))), ...(await walk(benefits.iterList({})))];

console.log(JSON.stringify(seen));
