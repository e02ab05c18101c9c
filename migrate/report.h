/*
 * What cg-migrate says on stdout: tables for a person, one JSON document for a program.
 *
 * Each function prints one result whole. Nothing is decided here.
 */
#ifndef CG_MIGRATE_REPORT_H
#define CG_MIGRATE_REPORT_H

#include "migrate/adopt.h"
#include "migrate/runner.h"

/* {"database","dialect","current","migrations":[{"version","name","state"}]} */
void cg_report_status(const CgDb *db, const CgPlan *plan, bool json);

/* The steps that `up` would take; with `sql` their text too. */
void cg_report_plan(const CgDb *db, const CgPlan *plan, const GPtrArray *steps, bool sql,
                    bool json);

void cg_report_adoption(const CgDb *db, const CgAdoption *adoption, bool json);

/* One line a step, as it is done. For CgStepFunc: prints nothing with json. */
void cg_report_step(const CgRunResult *result, const CgStepResult *step, bool json);

/* The end of a run: what waits, the head; with json the whole document. */
void cg_report_run(const CgDb *db, const CgRunResult *result, bool json);

#endif
