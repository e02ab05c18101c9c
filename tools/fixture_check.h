/*
 * Whether the tools say of a database what a data set states: verdicts of the backfill, findings of
 * an audit. Reads, and never writes.
 */
#ifndef CG_TOOLS_FIXTURE_CHECK_H
#define CG_TOOLS_FIXTURE_CHECK_H

#include "fixtures/fixture.h"

typedef struct {
    char *what; /* the label of a group, or rule and object of a finding */
    char *text; /* "the verdict is weak, not exact" */
} CgFixtureDifference;

/*
 * A GPtrArray of CgFixtureDifference, empty when all is as stated. The database must hold the rows
 * already. Errors: those of cg_fixture_check(), cg_backfill_plan() and cg_audit_run().
 */
GPtrArray *cg_fixture_compare(const CgFixture *fixture, CgDb *db, GError **error);

#endif
