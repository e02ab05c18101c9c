/*
 * A storage backend that is a text file, or nothing but memory, and does what a plan tells it.
 *
 * A plan is YAML, all of it optional:
 *
 *   array: FILE          what is on the array, kept between runs; without it, in memory
 *   latency_ms: 20       before each volume
 *   from_src: OUTCOME    of create_consistencygroup_from_src:
 *     ok                 all is made
 *     fail-before        fails and has made nothing
 *     fail-member        makes the volumes before `member`, then fails
 *     fail-after         makes all, then fails
 *     wrong-count        makes all, answers for all but the last
 *     no-id              makes all, one answer (`member`) does not say for which
 *     group-error        makes all, returns the group's status as `error`
 *     member-error       makes all but `member`, returns that one's status as `error`
 *     crash-member       makes the volumes up to `member`, then the process dies
 *     crash-after        makes all, then the process dies
 *     not-implemented    the engine's generic loop takes over
 *   clone: OUTCOME       of each call of the generic loop: ok, fail, not-implemented
 *   member: 1            which one, counted from 1 in the order given; for clone: fail too
 *   delete: ok|fail
 *   location: true       returns a provider_location for each volume
 *   message: TEXT        of the failures
 */
#ifndef CG_ENGINE_DRIVERS_MOCK_H
#define CG_ENGINE_DRIVERS_MOCK_H

#include "engine/driver.h"

extern const CgDriver cg_driver_mock;

#endif
