-- The tables of a Kilo Cinder (version 41) that the suite reads or writes, column for column.
--
-- On a live Cinder these exist: `cg-migrate adopt` compares them with this file and runs nothing of
-- it. `up` makes them for a demo or a test. Constraints get the names that PostgreSQL gives them by
-- itself, which are the names they have in Cinder.

-- migrate:up dialect:postgresql
CREATE TABLE quality_of_service_specs (
    created_at TIMESTAMP WITHOUT TIME ZONE,
    updated_at TIMESTAMP WITHOUT TIME ZONE,
    deleted_at TIMESTAMP WITHOUT TIME ZONE,
    deleted BOOLEAN,
    id VARCHAR(36) NOT NULL,
    specs_id VARCHAR(36),
    key VARCHAR(255),
    value VARCHAR(255),
    PRIMARY KEY (id),
    FOREIGN KEY (specs_id) REFERENCES quality_of_service_specs (id)
);

-- The default is a relic of the days when a type's id was a number: Cinder never uses it.
CREATE SEQUENCE volume_types_id_seq;

CREATE TABLE volume_types (
    created_at TIMESTAMP WITHOUT TIME ZONE,
    updated_at TIMESTAMP WITHOUT TIME ZONE,
    deleted_at TIMESTAMP WITHOUT TIME ZONE,
    deleted BOOLEAN,
    id VARCHAR(36) DEFAULT nextval('volume_types_id_seq') NOT NULL,
    name VARCHAR(255),
    qos_specs_id VARCHAR(36),
    is_public BOOLEAN,
    description VARCHAR(255),
    PRIMARY KEY (id),
    FOREIGN KEY (qos_specs_id) REFERENCES quality_of_service_specs (id)
);

ALTER SEQUENCE volume_types_id_seq OWNED BY volume_types.id;

CREATE TABLE consistencygroups (
    created_at TIMESTAMP WITHOUT TIME ZONE,
    updated_at TIMESTAMP WITHOUT TIME ZONE,
    deleted_at TIMESTAMP WITHOUT TIME ZONE,
    deleted BOOLEAN,
    id VARCHAR(36) NOT NULL,
    user_id VARCHAR(255),
    project_id VARCHAR(255),
    host VARCHAR(255),
    availability_zone VARCHAR(255),
    name VARCHAR(255),
    description VARCHAR(255),
    volume_type_id VARCHAR(255),
    status VARCHAR(255),
    cgsnapshot_id VARCHAR(36),
    PRIMARY KEY (id)
);

CREATE TABLE cgsnapshots (
    created_at TIMESTAMP WITHOUT TIME ZONE,
    updated_at TIMESTAMP WITHOUT TIME ZONE,
    deleted_at TIMESTAMP WITHOUT TIME ZONE,
    deleted BOOLEAN,
    id VARCHAR(36) NOT NULL,
    consistencygroup_id VARCHAR(36) NOT NULL,
    user_id VARCHAR(255),
    project_id VARCHAR(255),
    name VARCHAR(255),
    description VARCHAR(255),
    status VARCHAR(255),
    PRIMARY KEY (id),
    FOREIGN KEY (consistencygroup_id) REFERENCES consistencygroups (id)
);

CREATE TABLE volumes (
    created_at TIMESTAMP WITHOUT TIME ZONE,
    updated_at TIMESTAMP WITHOUT TIME ZONE,
    deleted_at TIMESTAMP WITHOUT TIME ZONE,
    deleted BOOLEAN,
    id VARCHAR(36) NOT NULL,
    ec2_id VARCHAR(255),
    user_id VARCHAR(255),
    project_id VARCHAR(255),
    host VARCHAR(255),
    size INTEGER,
    availability_zone VARCHAR(255),
    status VARCHAR(255),
    attach_status VARCHAR(255),
    scheduled_at TIMESTAMP WITHOUT TIME ZONE,
    launched_at TIMESTAMP WITHOUT TIME ZONE,
    terminated_at TIMESTAMP WITHOUT TIME ZONE,
    display_name VARCHAR(255),
    display_description VARCHAR(255),
    provider_location VARCHAR(256),
    provider_auth VARCHAR(256),
    snapshot_id VARCHAR(36),
    volume_type_id VARCHAR(36),
    source_volid VARCHAR(36),
    bootable BOOLEAN,
    provider_geometry VARCHAR(255),
    _name_id VARCHAR(36),
    encryption_key_id VARCHAR(36),
    migration_status VARCHAR(255),
    replication_status VARCHAR(255),
    replication_extended_status VARCHAR(255),
    replication_driver_data VARCHAR(255),
    consistencygroup_id VARCHAR(36),
    provider_id VARCHAR(255),
    multiattach BOOLEAN,
    PRIMARY KEY (id),
    FOREIGN KEY (consistencygroup_id) REFERENCES consistencygroups (id)
);

CREATE TABLE snapshots (
    created_at TIMESTAMP WITHOUT TIME ZONE,
    updated_at TIMESTAMP WITHOUT TIME ZONE,
    deleted_at TIMESTAMP WITHOUT TIME ZONE,
    deleted BOOLEAN,
    id VARCHAR(36) NOT NULL,
    volume_id VARCHAR(36) NOT NULL,
    user_id VARCHAR(255),
    project_id VARCHAR(255),
    status VARCHAR(255),
    progress VARCHAR(255),
    volume_size INTEGER,
    scheduled_at TIMESTAMP WITHOUT TIME ZONE,
    display_name VARCHAR(255),
    display_description VARCHAR(255),
    provider_location VARCHAR(255),
    encryption_key_id VARCHAR(36),
    volume_type_id VARCHAR(36),
    cgsnapshot_id VARCHAR(36),
    provider_id VARCHAR(255),
    PRIMARY KEY (id),
    FOREIGN KEY (volume_id) REFERENCES volumes (id),
    FOREIGN KEY (cgsnapshot_id) REFERENCES cgsnapshots (id)
);

CREATE TABLE quotas (
    id SERIAL NOT NULL,
    created_at TIMESTAMP WITHOUT TIME ZONE,
    updated_at TIMESTAMP WITHOUT TIME ZONE,
    deleted_at TIMESTAMP WITHOUT TIME ZONE,
    deleted BOOLEAN,
    project_id VARCHAR(255),
    resource VARCHAR(255) NOT NULL,
    hard_limit INTEGER,
    PRIMARY KEY (id)
);

CREATE TABLE quota_classes (
    created_at TIMESTAMP WITHOUT TIME ZONE,
    updated_at TIMESTAMP WITHOUT TIME ZONE,
    deleted_at TIMESTAMP WITHOUT TIME ZONE,
    deleted BOOLEAN,
    id SERIAL NOT NULL,
    class_name VARCHAR(255),
    resource VARCHAR(255),
    hard_limit INTEGER,
    PRIMARY KEY (id)
);

CREATE INDEX ix_quota_classes_class_name ON quota_classes (class_name);

INSERT INTO quota_classes (created_at, deleted, class_name, resource, hard_limit) VALUES
    ('2015-04-30 12:00:00', FALSE, 'default', 'volumes', 10),
    ('2015-04-30 12:00:00', FALSE, 'default', 'snapshots', 10),
    ('2015-04-30 12:00:00', FALSE, 'default', 'gigabytes', 1000),
    ('2015-04-30 12:00:00', FALSE, 'default', 'consistencygroups', 10);

CREATE TABLE quota_usages (
    created_at TIMESTAMP WITHOUT TIME ZONE,
    updated_at TIMESTAMP WITHOUT TIME ZONE,
    deleted_at TIMESTAMP WITHOUT TIME ZONE,
    deleted BOOLEAN,
    id SERIAL NOT NULL,
    project_id VARCHAR(255),
    resource VARCHAR(255),
    in_use INTEGER NOT NULL,
    reserved INTEGER NOT NULL,
    until_refresh INTEGER,
    PRIMARY KEY (id)
);

CREATE INDEX ix_quota_usages_project_id ON quota_usages (project_id);

CREATE TABLE reservations (
    created_at TIMESTAMP WITHOUT TIME ZONE,
    updated_at TIMESTAMP WITHOUT TIME ZONE,
    deleted_at TIMESTAMP WITHOUT TIME ZONE,
    deleted BOOLEAN,
    id SERIAL NOT NULL,
    uuid VARCHAR(36) NOT NULL,
    usage_id INTEGER NOT NULL,
    project_id VARCHAR(255),
    resource VARCHAR(255),
    delta INTEGER NOT NULL,
    expire TIMESTAMP WITHOUT TIME ZONE,
    PRIMARY KEY (id),
    FOREIGN KEY (usage_id) REFERENCES quota_usages (id)
);

CREATE INDEX ix_reservations_project_id ON reservations (project_id);
CREATE INDEX reservations_deleted_expire_idx ON reservations (deleted, expire);

CREATE TABLE services (
    created_at TIMESTAMP WITHOUT TIME ZONE,
    updated_at TIMESTAMP WITHOUT TIME ZONE,
    deleted_at TIMESTAMP WITHOUT TIME ZONE,
    deleted BOOLEAN,
    id SERIAL NOT NULL,
    host VARCHAR(255),
    "binary" VARCHAR(255),
    topic VARCHAR(255),
    report_count INTEGER NOT NULL,
    disabled BOOLEAN,
    availability_zone VARCHAR(255),
    disabled_reason VARCHAR(255),
    modified_at TIMESTAMP WITHOUT TIME ZONE,
    PRIMARY KEY (id)
);

-- migrate:up dialect:sqlite
CREATE TABLE quality_of_service_specs (
    created_at DATETIME,
    updated_at DATETIME,
    deleted_at DATETIME,
    deleted BOOLEAN,
    id VARCHAR(36) NOT NULL,
    specs_id VARCHAR(36),
    "key" VARCHAR(255),
    value VARCHAR(255),
    PRIMARY KEY (id),
    CHECK (deleted IN (0, 1)),
    FOREIGN KEY (specs_id) REFERENCES quality_of_service_specs (id)
);

CREATE TABLE volume_types (
    created_at DATETIME,
    updated_at DATETIME,
    deleted_at DATETIME,
    deleted BOOLEAN,
    id VARCHAR(36) NOT NULL,
    name VARCHAR(255),
    qos_specs_id VARCHAR(36),
    is_public BOOLEAN,
    description VARCHAR(255),
    PRIMARY KEY (id),
    CHECK (deleted IN (0, 1)),
    FOREIGN KEY (qos_specs_id) REFERENCES quality_of_service_specs (id)
);

CREATE TABLE consistencygroups (
    created_at DATETIME,
    updated_at DATETIME,
    deleted_at DATETIME,
    deleted BOOLEAN,
    id VARCHAR(36) NOT NULL,
    user_id VARCHAR(255),
    project_id VARCHAR(255),
    host VARCHAR(255),
    availability_zone VARCHAR(255),
    name VARCHAR(255),
    description VARCHAR(255),
    volume_type_id VARCHAR(255),
    status VARCHAR(255),
    cgsnapshot_id VARCHAR(36),
    PRIMARY KEY (id),
    CHECK (deleted IN (0, 1))
);

CREATE TABLE cgsnapshots (
    created_at DATETIME,
    updated_at DATETIME,
    deleted_at DATETIME,
    deleted BOOLEAN,
    id VARCHAR(36) NOT NULL,
    consistencygroup_id VARCHAR(36) NOT NULL,
    user_id VARCHAR(255),
    project_id VARCHAR(255),
    name VARCHAR(255),
    description VARCHAR(255),
    status VARCHAR(255),
    PRIMARY KEY (id),
    CHECK (deleted IN (0, 1)),
    FOREIGN KEY (consistencygroup_id) REFERENCES consistencygroups (id)
);

CREATE TABLE volumes (
    created_at DATETIME,
    updated_at DATETIME,
    deleted_at DATETIME,
    deleted BOOLEAN,
    id VARCHAR(36) NOT NULL,
    ec2_id VARCHAR(255),
    user_id VARCHAR(255),
    project_id VARCHAR(255),
    host VARCHAR(255),
    size INTEGER,
    availability_zone VARCHAR(255),
    status VARCHAR(255),
    attach_status VARCHAR(255),
    scheduled_at DATETIME,
    launched_at DATETIME,
    terminated_at DATETIME,
    display_name VARCHAR(255),
    display_description VARCHAR(255),
    provider_location VARCHAR(256),
    provider_auth VARCHAR(256),
    snapshot_id VARCHAR(36),
    volume_type_id VARCHAR(36),
    source_volid VARCHAR(36),
    bootable BOOLEAN,
    provider_geometry VARCHAR(255),
    _name_id VARCHAR(36),
    encryption_key_id VARCHAR(36),
    migration_status VARCHAR(255),
    replication_status VARCHAR(255),
    replication_extended_status VARCHAR(255),
    replication_driver_data VARCHAR(255),
    consistencygroup_id VARCHAR(36),
    provider_id VARCHAR(255),
    multiattach BOOLEAN,
    PRIMARY KEY (id),
    CHECK (deleted IN (0, 1)),
    CHECK (bootable IN (0, 1)),
    CHECK (multiattach IN (0, 1)),
    FOREIGN KEY (consistencygroup_id) REFERENCES consistencygroups (id)
);

CREATE TABLE snapshots (
    created_at DATETIME,
    updated_at DATETIME,
    deleted_at DATETIME,
    deleted BOOLEAN,
    id VARCHAR(36) NOT NULL,
    volume_id VARCHAR(36) NOT NULL,
    user_id VARCHAR(255),
    project_id VARCHAR(255),
    status VARCHAR(255),
    progress VARCHAR(255),
    volume_size INTEGER,
    scheduled_at DATETIME,
    display_name VARCHAR(255),
    display_description VARCHAR(255),
    provider_location VARCHAR(255),
    encryption_key_id VARCHAR(36),
    volume_type_id VARCHAR(36),
    cgsnapshot_id VARCHAR(36),
    provider_id VARCHAR(255),
    PRIMARY KEY (id),
    CHECK (deleted IN (0, 1)),
    FOREIGN KEY (volume_id) REFERENCES volumes (id),
    FOREIGN KEY (cgsnapshot_id) REFERENCES cgsnapshots (id)
);

CREATE TABLE quotas (
    id INTEGER NOT NULL,
    created_at DATETIME,
    updated_at DATETIME,
    deleted_at DATETIME,
    deleted BOOLEAN,
    project_id VARCHAR(255),
    resource VARCHAR(255) NOT NULL,
    hard_limit INTEGER,
    PRIMARY KEY (id),
    CHECK (deleted IN (0, 1))
);

CREATE TABLE quota_classes (
    created_at DATETIME,
    updated_at DATETIME,
    deleted_at DATETIME,
    deleted BOOLEAN,
    id INTEGER NOT NULL,
    class_name VARCHAR(255),
    resource VARCHAR(255),
    hard_limit INTEGER,
    PRIMARY KEY (id),
    CHECK (deleted IN (0, 1))
);

CREATE INDEX ix_quota_classes_class_name ON quota_classes (class_name);

INSERT INTO quota_classes (created_at, deleted, class_name, resource, hard_limit) VALUES
    ('2015-04-30 12:00:00.000000', 0, 'default', 'volumes', 10),
    ('2015-04-30 12:00:00.000000', 0, 'default', 'snapshots', 10),
    ('2015-04-30 12:00:00.000000', 0, 'default', 'gigabytes', 1000),
    ('2015-04-30 12:00:00.000000', 0, 'default', 'consistencygroups', 10);

CREATE TABLE quota_usages (
    created_at DATETIME,
    updated_at DATETIME,
    deleted_at DATETIME,
    deleted BOOLEAN,
    id INTEGER NOT NULL,
    project_id VARCHAR(255),
    resource VARCHAR(255),
    in_use INTEGER NOT NULL,
    reserved INTEGER NOT NULL,
    until_refresh INTEGER,
    PRIMARY KEY (id),
    CHECK (deleted IN (0, 1))
);

CREATE INDEX ix_quota_usages_project_id ON quota_usages (project_id);

CREATE TABLE reservations (
    created_at DATETIME,
    updated_at DATETIME,
    deleted_at DATETIME,
    deleted BOOLEAN,
    id INTEGER NOT NULL,
    uuid VARCHAR(36) NOT NULL,
    usage_id INTEGER NOT NULL,
    project_id VARCHAR(255),
    resource VARCHAR(255),
    delta INTEGER NOT NULL,
    expire DATETIME,
    PRIMARY KEY (id),
    CHECK (deleted IN (0, 1)),
    FOREIGN KEY (usage_id) REFERENCES quota_usages (id)
);

CREATE INDEX ix_reservations_project_id ON reservations (project_id);
CREATE INDEX reservations_deleted_expire_idx ON reservations (deleted, expire);

CREATE TABLE services (
    created_at DATETIME,
    updated_at DATETIME,
    deleted_at DATETIME,
    deleted BOOLEAN,
    id INTEGER NOT NULL,
    host VARCHAR(255),
    "binary" VARCHAR(255),
    topic VARCHAR(255),
    report_count INTEGER NOT NULL,
    disabled BOOLEAN,
    availability_zone VARCHAR(255),
    disabled_reason VARCHAR(255),
    modified_at DATETIME,
    PRIMARY KEY (id),
    CHECK (deleted IN (0, 1)),
    CHECK (disabled IN (0, 1))
);

-- migrate:verify
SELECT created_at, updated_at, deleted_at, deleted, id, specs_id, key, value
  FROM quality_of_service_specs WHERE 1 = 0;
SELECT created_at, updated_at, deleted_at, deleted, id, name, qos_specs_id, is_public, description
  FROM volume_types WHERE 1 = 0;
SELECT created_at, updated_at, deleted_at, deleted, id, user_id, project_id, host,
       availability_zone, name, description, volume_type_id, status, cgsnapshot_id
  FROM consistencygroups WHERE 1 = 0;
SELECT created_at, updated_at, deleted_at, deleted, id, consistencygroup_id, user_id, project_id,
       name, description, status
  FROM cgsnapshots WHERE 1 = 0;
SELECT created_at, updated_at, deleted_at, deleted, id, ec2_id, user_id, project_id, host, size,
       availability_zone, status, attach_status, scheduled_at, launched_at, terminated_at,
       display_name, display_description, provider_location, provider_auth, snapshot_id,
       volume_type_id, source_volid, bootable, provider_geometry, _name_id, encryption_key_id,
       migration_status, replication_status, replication_extended_status, replication_driver_data,
       consistencygroup_id, provider_id, multiattach
  FROM volumes WHERE 1 = 0;
SELECT created_at, updated_at, deleted_at, deleted, id, volume_id, user_id, project_id, status,
       progress, volume_size, scheduled_at, display_name, display_description, provider_location,
       encryption_key_id, volume_type_id, cgsnapshot_id, provider_id
  FROM snapshots WHERE 1 = 0;
SELECT id, created_at, updated_at, deleted_at, deleted, project_id, resource, hard_limit
  FROM quotas WHERE 1 = 0;
SELECT created_at, updated_at, deleted_at, deleted, id, class_name, resource, hard_limit
  FROM quota_classes WHERE 1 = 0;
SELECT created_at, updated_at, deleted_at, deleted, id, project_id, resource, in_use, reserved,
       until_refresh
  FROM quota_usages WHERE 1 = 0;
SELECT created_at, updated_at, deleted_at, deleted, id, uuid, usage_id, project_id, resource,
       delta, expire
  FROM reservations WHERE 1 = 0;
SELECT created_at, updated_at, deleted_at, deleted, id, host, "binary", topic, report_count,
       disabled, availability_zone, disabled_reason, modified_at
  FROM services WHERE 1 = 0;

-- migrate:down
DROP TABLE services;
DROP TABLE reservations;
DROP TABLE quota_usages;
DROP TABLE quota_classes;
DROP TABLE quotas;
DROP TABLE snapshots;
DROP TABLE volumes;
DROP TABLE cgsnapshots;
DROP TABLE consistencygroups;
DROP TABLE volume_types;
DROP TABLE quality_of_service_specs;
