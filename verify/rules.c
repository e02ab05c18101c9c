/*
 * The rules, in the order of their ids: what each says, why, and how to look by hand.
 *
 * The SQL under `look` is for a person to type; no program of the suite runs it. It is written for
 * the naming `spec` and for both dialects, and is as near to the rule as SQL gets: the rule's own
 * reading (histories, look-alikes, the purge horizon) stands under `normal`.
 */
#include "base/suggest.h"
#include "lineage/load.h"
#include "verify/check.h"

#define COLUMN(field) CG_FIELD_BIT(CG_##field)

/* What members() cannot do without: who is in which group. */
#define MEMBERS (COLUMN(VOLUME_GROUP) | COLUMN(GROUP_DELETED) | COLUMN(VOLUME_DELETED))

/* What votes and verdicts are made of. */
#define VOTES (MEMBERS | COLUMN(VOLUME_SOURCE))

const CgRule cg_rules[] = {
    {
        .id = "CGL003",
        .name = "empty-string-reference",
        .severity = CG_SEVERITY_WARNING,
        .fix = CG_FIX_AUTOMATIC,
        .needs = COLUMN(VOLUME_GROUP) | COLUMN(VOLUME_SOURCE),
        .reads = COLUMN(GROUP_SOURCE) | COLUMN(GROUP_CGSNAPSHOT) | COLUMN(VOLUME_SNAPSHOT),
        .sentence = "A reference holds an empty string where NULL is meant.",
        .why = "Cinder takes '' for NULL in ids, and so does this suite. Other readers do not: a "
               "join finds no row for '', a NOT NULL test passes, and a report counts a clone that "
               "is none.",
        .normal =
            "Never written by a healthy Cinder. Looked for in live groups and live volumes; a row "
            "with several such columns is one finding. Blanks are not trimmed: ' ' is a value.",
        .look = "SELECT id, 'consistencygroups' FROM consistencygroups\n"
                " WHERE deleted IS NOT TRUE AND (source_cg_id = '' OR cgsnapshot_id = '')\n"
                "UNION ALL SELECT id, 'volumes' FROM volumes WHERE deleted IS NOT TRUE\n"
                "   AND (consistencygroup_id = '' OR source_volid = '' OR snapshot_id = '');",
        .repair =
            "Set the column to NULL. In our own column, source_cg_id, that is safe at any time.",
        .check = cg_check_empty_string_reference,
    },
    {
        .id = "CGL101",
        .name = "source-group-missing",
        .severity = CG_SEVERITY_ERROR,
        .needs = COLUMN(GROUP_SOURCE),
        .reads = COLUMN(GROUP_DELETED_AT),
        .sentence = "A group names a source group that has no row.",
        .why = "The lineage of this group, and of everything cloned from it, ends in an id that "
               "nobody can look up. If the source was never purged, the id was written wrongly or "
               "the row was removed by hand.",
        .normal =
            "A clone outlives its source: cinder-manage db purge takes deleted groups away and "
            "leaves the id behind. So the finding is information only where a purge can explain "
            "it: the group is older than the oldest deleted row that still stands in the table, "
            "or no deleted row is left, or the group's created_at is not known.",
        .look =
            "SELECT g.id, g.source_cg_id, g.created_at,\n"
            "       (SELECT min(d.deleted_at) FROM consistencygroups d WHERE d.deleted IS TRUE)\n"
            "  FROM consistencygroups g LEFT JOIN consistencygroups s ON s.id = g.source_cg_id\n"
            " WHERE g.deleted IS NOT TRUE AND g.source_cg_id <> '' AND s.id IS NULL;",
        .repair = "Search backups or logs for the id. Nothing can be restored from the rows here.",
        .check = cg_check_source_group_missing,
    },
    {
        .id = "CGL102",
        .name = "source-group-deleted",
        .severity = CG_SEVERITY_INFO,
        .needs = COLUMN(GROUP_SOURCE) | COLUMN(GROUP_DELETED),
        .reads = COLUMN(GROUP_STATUS) | COLUMN(GROUP_DELETED_AT),
        .sentence = "A group was cloned from a group that is deleted now.",
        .why = "Worth knowing before a purge: once the source's row is gone, this link leads "
               "nowhere.",
        .normal = "Everyday life: a clone does not need its source. It is a warning only while the "
                  "clone is still creating, because Cinder refuses to delete a group that is being "
                  "cloned; the copy may be of nothing.",
        .look = "SELECT g.id, g.status, s.id, s.deleted_at\n"
                "  FROM consistencygroups g JOIN consistencygroups s ON s.id = g.source_cg_id\n"
                " WHERE g.deleted IS NOT TRUE AND s.deleted IS TRUE;",
        .repair = "Nothing to repair. A clone that stays in creating must be reset and looked at.",
        .check = cg_check_source_group_deleted,
    },
    {
        .id = "CGL103",
        .name = "cgsnapshot-missing",
        .severity = CG_SEVERITY_ERROR,
        .needs = COLUMN(GROUP_CGSNAPSHOT),
        .reads = COLUMN(CGSNAPSHOT_DELETED_AT),
        .sentence = "A group names a cgsnapshot that has no row.",
        .why = "Which group this one descends from is known only through that cgsnapshot.",
        .normal =
            "As with CGL101: purged cgsnapshots leave their id behind, because no foreign key "
            "holds it. Information only where a purge of cgsnapshots can explain it, or the "
            "group's created_at is not known.",
        .look = "SELECT g.id, g.cgsnapshot_id, g.created_at,\n"
                "       (SELECT min(d.deleted_at) FROM cgsnapshots d WHERE d.deleted IS TRUE)\n"
                "  FROM consistencygroups g LEFT JOIN cgsnapshots c ON c.id = g.cgsnapshot_id\n"
                " WHERE g.deleted IS NOT TRUE AND g.cgsnapshot_id <> '' AND c.id IS NULL;",
        .repair = "Search backups or logs for the id. Nothing can be restored from the rows here.",
        .check = cg_check_cgsnapshot_missing,
    },
    {
        .id = "CGL105",
        .name = "cgsnapshot-orphan",
        .severity = CG_SEVERITY_ERROR,
        .fix = CG_FIX_PLAN,
        .needs = COLUMN(CGSNAPSHOT_GROUP) | COLUMN(CGSNAPSHOT_DELETED),
        .sentence = "A cgsnapshot belongs to a group that has no row.",
        .why = "It can be neither restored nor deleted through the API, which looks the group up "
               "first, and groups made from it lose their ancestor.",
        .normal =
            "A foreign key prevents it on PostgreSQL. On SQLite Cinder does not enforce foreign "
            "keys. Only live cgsnapshots are looked at: a deleted one may be what a purge that "
            "stopped half way left behind.",
        .look = "SELECT c.id, c.consistencygroup_id, c.status FROM cgsnapshots c\n"
                "  LEFT JOIN consistencygroups g ON g.id = c.consistencygroup_id\n"
                " WHERE c.deleted IS NOT TRUE AND g.id IS NULL;",
        .repair =
            "Bring the group's row back from a backup, or mark the cgsnapshot deleted once its "
            "snapshots are gone from the backend.",
        .check = cg_check_cgsnapshot_orphan,
    },
    {
        .id = "CGL106",
        .name = "member-group-missing",
        .severity = CG_SEVERITY_ERROR,
        .fix = CG_FIX_PLAN,
        .needs = COLUMN(VOLUME_GROUP) | COLUMN(VOLUME_DELETED),
        .reads = COLUMN(VOLUME_STATUS),
        .sentence = "A volume is in a group that has no row.",
        .why =
            "The API refuses to delete, extend or retype a volume that is in a group, and nobody "
            "can take it out of one that does not exist.",
        .normal =
            "A foreign key prevents it on PostgreSQL. On SQLite Cinder does not enforce foreign "
            "keys. Every live volume is looked at, also ghosts of migrations and cache copies.",
        .look = "SELECT v.id, v.consistencygroup_id, v.status FROM volumes v\n"
                "  LEFT JOIN consistencygroups g ON g.id = v.consistencygroup_id\n"
                " WHERE v.deleted IS NOT TRUE AND v.consistencygroup_id <> '' AND g.id IS NULL;",
        .repair = "Bring the group's row back from a backup, or set consistencygroup_id to NULL.",
        .check = cg_check_member_group_missing,
    },
    {
        .id = "CGL107",
        .name = "live-member-of-deleted-group",
        .severity = CG_SEVERITY_ERROR,
        .fix = CG_FIX_PLAN,
        .needs = COLUMN(VOLUME_GROUP) | COLUMN(VOLUME_DELETED) | COLUMN(GROUP_DELETED) |
                 COLUMN(VOLUME_STATUS),
        .reads = COLUMN(GROUP_DELETED_AT),
        .sentence = "A live volume is in a group that is deleted.",
        .why = "The API refuses to delete a volume that is in a group, and the group is gone: the "
               "volume cannot be deleted any more, and counts against its project's quota.",
        .normal =
            "Liberty left such volumes behind when a create from source failed: it removed the "
            "group's row and kept the volumes. A volume in deleting or error_deleting is on its "
            "way out and is left alone.",
        .look = "SELECT v.id, v.status, g.id, g.deleted_at FROM volumes v\n"
                "  JOIN consistencygroups g ON g.id = v.consistencygroup_id\n"
                " WHERE v.deleted IS NOT TRUE AND g.deleted IS TRUE\n"
                "   AND coalesce(v.status, '') NOT IN ('deleting', 'error_deleting');",
        .repair =
            "Ask the owner; then set consistencygroup_id to NULL and delete the volume by the "
            "API.",
        .check = cg_check_live_member_of_deleted_group,
    },
    {
        .id = "CGL108",
        .name = "source-volume-missing",
        .severity = CG_SEVERITY_WARNING,
        .needs = VOTES,
        .reads = COLUMN(VOLUME_DELETED_AT),
        .sentence = "A member of a group was made from a volume that has no row.",
        .why = "This member cannot say any more where its group came from. If the volume was not "
               "purged, its row was removed by hand or the id was written wrongly.",
        .normal =
            "Purged volumes leave their id behind, because no foreign key holds it. Information "
            "only where a purge of volumes can explain it, or the member's created_at is not "
            "known. Ghosts of migrations, cache copies and backup temporaries are no members.",
        .look = "SELECT v.id, v.source_volid, v.consistencygroup_id, v.created_at\n"
                "  FROM volumes v JOIN consistencygroups g ON g.id = v.consistencygroup_id\n"
                "  LEFT JOIN volumes s ON s.id = v.source_volid\n"
                " WHERE v.deleted IS NOT TRUE AND g.deleted IS NOT TRUE\n"
                "   AND v.source_volid <> '' AND s.id IS NULL;",
        .repair = "Nothing to repair. Backfill before the next purge keeps more of the lineage.",
        .check = cg_check_source_volume_missing,
    },
    {
        .id = "CGL201",
        .name = "both-sources-disagree",
        .severity = CG_SEVERITY_ERROR,
        .fix = CG_FIX_PLAN,
        .needs = COLUMN(GROUP_SOURCE) | COLUMN(GROUP_CGSNAPSHOT) | COLUMN(CGSNAPSHOT_GROUP),
        .sentence = "A group names a source group and a cgsnapshot that is not of that group.",
        .why = "A group is made from a group or from a cgsnapshot, never from both. One of the two "
               "is wrong, and whoever follows the other believes a false ancestor.",
        .normal =
            "Never made by the API, which refuses a request with both. A cgsnapshot without a row "
            "counts as not of that group.",
        .look = "SELECT g.id, g.source_cg_id, g.cgsnapshot_id, c.consistencygroup_id\n"
                "  FROM consistencygroups g LEFT JOIN cgsnapshots c ON c.id = g.cgsnapshot_id\n"
                " WHERE g.deleted IS NOT TRUE AND g.source_cg_id <> '' AND g.cgsnapshot_id <> ''\n"
                "   AND (c.id IS NULL OR c.consistencygroup_id <> g.source_cg_id);",
        .repair =
            "Members with snapshot_id speak for the cgsnapshot, members with source_volid for the "
            "group: clear the other column. The journal of cg-backfill tells a value of ours.",
        .check = cg_check_both_sources_disagree,
    },
    {
        .id = "CGL202",
        .name = "both-sources-agree",
        .severity = CG_SEVERITY_WARNING,
        .fix = CG_FIX_PLAN,
        .needs = COLUMN(GROUP_SOURCE) | COLUMN(GROUP_CGSNAPSHOT) | COLUMN(CGSNAPSHOT_GROUP),
        .sentence = "A group names a source group and also a cgsnapshot of that group.",
        .why =
            "Both lead to the same ancestor, so no lineage is false. But readers that expect one "
            "source only, as the API promises, may take the clone for what it is not.",
        .normal =
            "Never made by the API. A site may have filled the parent of groups that were made "
            "from cgsnapshots on purpose; then this is known and harmless.",
        .look = "SELECT g.id, g.source_cg_id, g.cgsnapshot_id\n"
                "  FROM consistencygroups g JOIN cgsnapshots c ON c.id = g.cgsnapshot_id\n"
                " WHERE g.deleted IS NOT TRUE AND c.consistencygroup_id = g.source_cg_id;",
        .repair = "Set source_cg_id to NULL: the cgsnapshot says as much.",
        .check = cg_check_both_sources_agree,
    },
    {
        .id = "CGL203",
        .name = "self-source",
        .severity = CG_SEVERITY_ERROR,
        .fix = CG_FIX_PLAN,
        .needs = COLUMN(GROUP_SOURCE),
        .sentence = "A group is its own source.",
        .why = "A program that walks up the lineage never comes to an end here.",
        .normal = "Never: a group cannot be made from itself.",
        .look = "SELECT id FROM consistencygroups WHERE deleted IS NOT TRUE AND source_cg_id = id;",
        .repair = "Set source_cg_id to NULL; cg-backfill plan then says what the members prove.",
        .check = cg_check_self_source,
    },
    {
        .id = "CGL207",
        .name = "source-contradicted",
        .severity = CG_SEVERITY_ERROR,
        .fix = CG_FIX_PLAN,
        .needs = VOTES | COLUMN(GROUP_SOURCE),
        .reads = COLUMN(VOLUME_UPDATED_AT),
        .sentence = "A group names a source group, but its members come from others.",
        .why =
            "The recorded ancestor is contradicted by every member that says anything: the value "
            "was probably written wrongly.",
        .normal =
            "A member votes for the group that its source volume is in now, or, if that is none, "
            "was in when a cgsnapshot was last taken of it before the member was made. Volumes "
            "move between groups. So it is a warning only where each of these votes may be "
            "younger than the clone: the source volume was written to since, a snapshot disputes "
            "it, or the times are not known. One vote for the recorded source is enough for "
            "silence.",
        .look =
            "SELECT g.id, g.source_cg_id, v.id, s.id, s.consistencygroup_id, s.updated_at\n"
            "  FROM consistencygroups g\n"
            "  JOIN volumes v ON v.consistencygroup_id = g.id AND v.deleted IS NOT TRUE\n"
            "  JOIN volumes s ON s.id = v.source_volid AND s.consistencygroup_id <> g.id\n"
            " WHERE g.deleted IS NOT TRUE AND g.source_cg_id <> ''\n"
            "   AND NOT EXISTS (SELECT 1 FROM volumes m JOIN volumes o ON o.id = m.source_volid\n"
            "                    WHERE m.consistencygroup_id = g.id AND m.deleted IS NOT TRUE\n"
            "                      AND o.consistencygroup_id = g.source_cg_id);",
        .repair =
            "Decide which is right; cg-backfill explain GROUP lists the votes with their times.",
        .check = cg_check_source_contradicted,
    },
    {
        .id = "CGL208",
        .name = "source-ambiguous",
        .severity = CG_SEVERITY_WARNING,
        .needs = VOTES,
        .sentence = "The members of a group come from two groups or more.",
        .why =
            "Such a group is no copy of any one group, or volumes have moved since it was made. A "
            "backfill never guesses between them.",
        .normal =
            "Users put volumes together as they like, and volumes change groups. Votes are those "
            "of CGL207; disputed ones count.",
        .look = "SELECT v.consistencygroup_id, count(DISTINCT s.consistencygroup_id)\n"
                "  FROM volumes v JOIN volumes s ON s.id = v.source_volid\n"
                "  JOIN consistencygroups g ON g.id = v.consistencygroup_id\n"
                " WHERE v.deleted IS NOT TRUE AND g.deleted IS NOT TRUE\n"
                "   AND s.consistencygroup_id <> '' AND s.consistencygroup_id <> g.id\n"
                " GROUP BY v.consistencygroup_id HAVING count(DISTINCT s.consistencygroup_id) > 1;",
        .repair = "Nothing automatic. Whoever knows the history can set source_cg_id by hand.",
        .check = cg_check_source_ambiguous,
    },
    {
        .id = "CGL209",
        .name = "source-inferable-but-empty",
        .severity = CG_SEVERITY_WARNING,
        .fix = CG_FIX_AUTOMATIC,
        .needs = VOTES | COLUMN(GROUP_SOURCE),
        .reads = CG_LOAD_BACKFILL,
        .sentence = "A group names no source, but its members prove one.",
        .why =
            "The evidence decays: each purge takes source volumes away. What is not written down "
            "now may be beyond proof later.",
        .normal =
            "Usual before the first backfill, and for clones that old code made since. Only the "
            "verdicts exact, strong and grown count; weaker ones are left to cg-backfill plan.",
        .look = "SELECT g.id, s.consistencygroup_id, count(*) FROM consistencygroups g\n"
                "  JOIN volumes v ON v.consistencygroup_id = g.id AND v.deleted IS NOT TRUE\n"
                "  JOIN volumes s ON s.id = v.source_volid AND s.consistencygroup_id <> g.id\n"
                " WHERE g.deleted IS NOT TRUE AND coalesce(g.source_cg_id, '') = ''\n"
                "   AND coalesce(g.cgsnapshot_id, '') = ''\n"
                " GROUP BY g.id, s.consistencygroup_id;",
        .repair = "Run cg-backfill plan, then cg-backfill run.",
        .check = cg_check_source_inferable_but_empty,
    },
    {
        .id = "CGL301",
        .name = "group-cycle",
        .severity = CG_SEVERITY_ERROR,
        .fix = CG_FIX_PLAN,
        .needs = COLUMN(GROUP_SOURCE),
        .reads = COLUMN(GROUP_CGSNAPSHOT) | COLUMN(CGSNAPSHOT_GROUP),
        .sentence = "Groups are each other's ancestors.",
        .why = "Nothing can be older than itself: at least one link is false. A program that walks "
               "up the lineage never comes to an end here.",
        .normal =
            "Never. Links are the source group and the group of the cgsnapshot, between live "
            "groups. Groups that all lead to each other are one finding, named by the id that is "
            "smallest by bytes; a group that is its own source is CGL203.",
        .look =
            "WITH RECURSIVE link (id, up) AS (\n"
            "  SELECT g.id, g.source_cg_id FROM consistencygroups g WHERE g.deleted IS NOT TRUE\n"
            "  UNION SELECT g.id, c.consistencygroup_id FROM consistencygroups g\n"
            "    JOIN cgsnapshots c ON c.id = g.cgsnapshot_id WHERE g.deleted IS NOT TRUE),\n"
            "walk (id, up) AS (\n"
            "  SELECT id, up FROM link UNION\n"
            "  SELECT walk.id, link.up FROM walk JOIN link ON link.id = walk.up)\n"
            "SELECT id FROM walk WHERE up = id ORDER BY id;",
        .repair =
            "Clear the link with the weakest evidence; cg-backfill explain GROUP shows the votes.",
        .check = cg_check_group_cycle,
    },
    {
        .id = "CGL401",
        .name = "cross-project-source",
        .severity = CG_SEVERITY_ERROR,
        .needs = COLUMN(GROUP_SOURCE) | COLUMN(GROUP_PROJECT),
        .sentence = "A group was cloned from a group of another project.",
        .why = "Data may have crossed from one tenant to another, or the recorded source is wrong.",
        .normal = "An administrator can clone any project's group; the clone then belongs to the "
                  "administrator's project. Deleted sources are looked at too. A missing project "
                  "against a known one is a difference; two missing ones are not.",
        .look = "SELECT g.id, g.project_id, s.id, s.project_id\n"
                "  FROM consistencygroups g JOIN consistencygroups s ON s.id = g.source_cg_id\n"
                " WHERE g.deleted IS NOT TRUE\n"
                "   AND coalesce(g.project_id, '') <> coalesce(s.project_id, '');",
        .repair = "Ask who made the clone. If nobody did, treat the source as wrong (CGL207).",
        .check = cg_check_cross_project_source,
    },
    {
        .id = "CGL402",
        .name = "cross-project-member",
        .severity = CG_SEVERITY_ERROR,
        .fix = CG_FIX_PLAN,
        .needs = MEMBERS | COLUMN(GROUP_PROJECT) | COLUMN(VOLUME_PROJECT),
        .sentence = "A volume is in a group of another project.",
        .why = "The group's owner snapshots, clones and deletes a volume of somebody else.",
        .normal =
            "Left by volume transfers of Kilo and Liberty, which did not ask whether the volume "
            "was in a group. Ghosts of migrations, cache copies and backup temporaries are no "
            "members. A missing project against a known one is a difference.",
        .look = "SELECT v.id, v.project_id, g.id, g.project_id\n"
                "  FROM volumes v JOIN consistencygroups g ON g.id = v.consistencygroup_id\n"
                " WHERE v.deleted IS NOT TRUE AND g.deleted IS NOT TRUE\n"
                "   AND coalesce(v.project_id, '') <> coalesce(g.project_id, '');",
        .repair = "Take the volume out of the group with an update of the group by the API.",
        .check = cg_check_cross_project_member,
    },
    {
        .id = "CGL501",
        .name = "member-count-mismatch",
        .severity = CG_SEVERITY_WARNING,
        .needs = MEMBERS | COLUMN(GROUP_SOURCE) | COLUMN(GROUP_STATUS),
        .reads = COLUMN(VOLUME_DELETED_AT),
        .sentence = "A clone has more or fewer members than its source had when it was made.",
        .why = "A copy is one-to-one. A clone in error with fewer members is an incomplete copy.",
        .normal =
            "Volumes come and go afterwards on both sides, so it is information only, unless the "
            "clone's status is error. Left out: a clone that is still creating, one without "
            "created_at, and sources that have no row. The source's members at birth are the "
            "volumes in it now, deleted ones too, that were there at the clone's created_at.",
        .look =
            "SELECT * FROM (\n"
            "SELECT g.id, g.status,\n"
            "       (SELECT count(*) FROM volumes v WHERE v.consistencygroup_id = g.id\n"
            "           AND v.deleted IS NOT TRUE) AS members,\n"
            "       (SELECT count(*) FROM volumes s WHERE s.consistencygroup_id = g.source_cg_id\n"
            "           AND (s.created_at IS NULL OR s.created_at <= g.created_at)\n"
            "           AND (s.deleted IS NOT TRUE OR s.deleted_at >= g.created_at)) AS at_birth\n"
            "  FROM consistencygroups g\n"
            " WHERE g.deleted IS NOT TRUE AND g.source_cg_id <> '') AS clone\n"
            " WHERE members <> at_birth;",
        .repair = "Nothing to repair in the rows. A clone in error is deleted and made again.",
        .check = cg_check_member_count_mismatch,
    },
    {
        .id = "CGL502",
        .name = "duplicate-source-volume",
        .severity = CG_SEVERITY_ERROR,
        .needs = VOTES,
        .reads = COLUMN(GROUP_SOURCE),
        .sentence = "Two members of a group were made from one volume.",
        .why = "A copy of a group has one member for each of the source's. Here one volume came "
               "twice, so another may be missing, and the group is no faithful copy.",
        .normal =
            "Never at birth. Later a user may clone the same volume into the group again. Members "
            "made from a volume inside the group itself are left out. Information only where the "
            "group names no source and none of these members votes for one: then it is a group "
            "that somebody built from a template volume.",
        .look = "SELECT v.consistencygroup_id, v.source_volid, count(*)\n"
                "  FROM volumes v JOIN consistencygroups g ON g.id = v.consistencygroup_id\n"
                " WHERE v.deleted IS NOT TRUE AND g.deleted IS NOT TRUE AND v.source_volid <> ''\n"
                " GROUP BY v.consistencygroup_id, v.source_volid HAVING count(*) > 1;",
        .repair = "Ask the owner which of the two belongs in the group.",
        .check = cg_check_duplicate_source_volume,
    },
    {
        .id = "CGL601",
        .name = "source-younger-than-clone",
        .severity = CG_SEVERITY_ERROR,
        .fix = CG_FIX_PLAN,
        .needs = COLUMN(GROUP_SOURCE) | COLUMN(GROUP_CREATED_AT),
        .sentence = "A group is older than the group it was cloned from.",
        .why =
            "Nothing is copied from what does not exist yet: the recorded source is wrong, or one "
            "of the times is.",
        .normal =
            "Five minutes are allowed for clocks that differ. A created_at that is NULL proves "
            "nothing, nor does one that the move to generic groups has overwritten.",
        .look = "SELECT g.id, g.created_at, s.id, s.created_at\n"
                "  FROM consistencygroups g JOIN consistencygroups s ON s.id = g.source_cg_id\n"
                " WHERE g.deleted IS NOT TRUE AND s.created_at > g.created_at;",
        .repair =
            "Clear source_cg_id if the members do not prove it; cg-backfill explain GROUP tells.",
        .check = cg_check_source_younger_than_clone,
    },
};
const size_t cg_n_rules = G_N_ELEMENTS(cg_rules);

static const char *
suggest(const char *word)
{
    const char *words[2 * G_N_ELEMENTS(cg_rules) + 1] = { NULL };
    for (size_t i = 0; i < cg_n_rules; i++) {
        words[2 * i] = cg_rules[i].id;
        words[2 * i + 1] = cg_rules[i].name;
    }
    g_autofree char *upper = g_ascii_strup(word, -1);
    g_autofree char *lower = g_ascii_strdown(word, -1);
    const char *near = cg_suggest(upper, words);
    return near != NULL ? near : cg_suggest(lower, words);
}

const CgRule *
cg_rule_find(const char *word, GError **error)
{
    for (size_t i = 0; i < cg_n_rules; i++)
        if (g_ascii_strcasecmp(word, cg_rules[i].id) == 0 ||
            g_ascii_strcasecmp(word, cg_rules[i].name) == 0)
            return &cg_rules[i];
    const char *near = suggest(word);
    g_autofree char *hint = near != NULL ? g_strdup_printf("did you mean %s? ", near) : NULL;
    g_autofree char *full =
        g_strdup_printf("%scg-verify rules lists all of them", hint != NULL ? hint : "");
    cg_error_set(error, CG_EXIT_USAGE, full, "there is no rule \"%s\"", word);
    return NULL;
}
