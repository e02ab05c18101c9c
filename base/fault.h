/*
 * Named fault points, for tests that kill a program where it hurts.
 *
 * CG_FAULT("folder.verb.what-just-happened") stands after every externally visible action. Without
 * CG_FAULTS (release builds) it is nothing. With it, the environment decides:
 *   CG_FAULT=name[:n]        SIGKILL at the n-th time (default 1) this point is reached
 *   CG_FAULT=name[:n]:sleep=SECONDS   sleep there instead, so that two runs overlap
 *   CG_FAULT_TRACE=FILE      append each point's name to FILE as it is reached
 */
#ifndef CG_BASE_FAULT_H
#define CG_BASE_FAULT_H

#ifdef CG_FAULTS
void cg_fault(const char *name);
#define CG_FAULT(name) cg_fault(name)
#else
#define CG_FAULT(name) ((void)0)
#endif

#endif
