"""Lists of customers: any page, in any order, under any filter, with its exact total, at once.

A page near the front of an unfiltered list is a plain query. All else rests on one idea: what a slow
query has found once (a total, or ranks: index keys at intervals) is cached in memory, and the change
log keeps it exact.

```
write   storage/customers.py, one transaction:
          row and document → side rows (search text, metadata) → live count
          → change log: facets before, facets after

read    customer_lists → planner: order and filter, on one snapshot, choose a strategy:

          when                                        how
          one e-mail address                          its unique index
          no filter, within the first 1,000           OFFSET
            … two columns in opposite directions      sort the leading groups (walks.select_regrouped)
          a value of metadata, or activity, which
            64 customers at most have                 fetch and sort all that have it
          ranks cached                                seek to the page's bucket (ranked_list)
          total cached, 4,096 at most                 sort the list once, cache its exact ranks
          total cached, near the front                walk the index, trying each customer
          otherwise, the order indexed                build ranks, cache them, then as above
          otherwise                                   ranks of the first column, then sort the groups on
                                                      the page (grouped_list)

        Counting and building ranks are slow. Where they must not run, the read raises TakesLong(key);
        shared_reads lets one caller per key run them, on a thread or in its own transaction.

catch up   before each use (list_cache.read_as_of): read the change log since the list's position, in
           the reader's own snapshot, and apply it. Entries missing → drop the list, count afresh.
           Snapshot older than the list → OlderSnapshot, the read begins again on a new one.
           List contradicts the database → Disagrees: drop the organization's lists, report it, answer
           from the database alone.

background   four times a second all cached lists catch up; once a minute one is counted afresh.
```

The modules, from the bottom: `facets` (what lists see of a customer), `filters` and `orders` (a request
as values), `conditions` and `walks` (SQL), `matches` (the slow queries), `ranks` (buckets in memory),
`change_log`, `list_cache`, `reader` (runs statements), `ranked_list` and `grouped_list` (pages by
ranks), `planner`, `growth` (customers by time), `shared_reads`, `customer_lists` (what others call).
`search` is the port of an engine's text index. Why it is so: docs/decisions/0011-flat-lists.md.
"""
