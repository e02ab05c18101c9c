/* What the table of rules says, for a person and for a program. */
#ifndef CG_VERIFY_EXPLAIN_H
#define CG_VERIFY_EXPLAIN_H

#include "verify/rule.h"

#include <stdio.h>

/* All rules, one a line; the JSON document has everything that explain says. False when the stream
 * had an error. */
bool cg_explain_list(FILE *out);
bool cg_explain_list_json(FILE *out);

/* One rule: why it matters, what is normal, how to look by hand, what can be done. */
bool cg_explain_rule(const CgRule *rule, FILE *out);
bool cg_explain_rule_json(const CgRule *rule, FILE *out);

#endif
