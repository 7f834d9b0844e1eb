-- SPDX-License-Identifier: GPL-2.0-or-later
-- The part of the schema that every node of the engine has, once. apply.sh reads this.
--
-- A sensor NAME has tables of its own: cell_of_NAME ... for storage here, and a database
-- teiten_NAME where it may write (sensor.sql). Here they are put together: in every table below
-- the column _table, which the engine fills, says whose a row is.

CREATE DATABASE IF NOT EXISTS teiten;

-- What programs may expect of this schema.
CREATE TABLE IF NOT EXISTS teiten.schema (version UInt32) ENGINE = Log;

-- The sensors that exist, the same on every node: whoever asks must know who is missing from an
-- answer. shard is the number that the node has in the cluster.
CREATE TABLE IF NOT EXISTS teiten.sensor (sensor String, shard UInt32, changed DateTime)
	ENGINE = ReplacingMergeTree(changed) ORDER BY sensor;

-- Those of them whose rows are on this node.
CREATE TABLE IF NOT EXISTS teiten.here (sensor String, shard UInt32, changed DateTime)
	ENGINE = ReplacingMergeTree(changed) ORDER BY sensor;

CREATE TABLE IF NOT EXISTS teiten.cell (
	bin Enum8('minute' = 0, 'hour' = 1, 'day' = 2), start DateTime('UTC'),
	proto Enum8('tcp' = 0, 'udp' = 1, 'icmp' = 2, 'icmp6' = 3), port UInt16,
	country FixedString(2), packets UInt64)
	ENGINE = Merge('teiten', '^cell_of_');

CREATE TABLE IF NOT EXISTS teiten.port (
	bin Enum8('minute' = 0, 'hour' = 1, 'day' = 2), start DateTime('UTC'),
	proto Enum8('tcp' = 0, 'udp' = 1, 'icmp' = 2, 'icmp6' = 3), port UInt16,
	sources UInt64, syn UInt64, bytes UInt64, packets UInt64)
	ENGINE = Merge('teiten', '^port_of_');

CREATE TABLE IF NOT EXISTS teiten.sport53 (
	bin Enum8('minute' = 0, 'hour' = 1, 'day' = 2), start DateTime('UTC'),
	country FixedString(2), class Enum8('response' = 0, 'query' = 1, 'short' = 2),
	packets UInt64)
	ENGINE = Merge('teiten', '^sport53_of_');

CREATE TABLE IF NOT EXISTS teiten.prefix (
	bin Enum8('minute' = 0, 'hour' = 1, 'day' = 2), start DateTime('UTC'),
	prefix String, country FixedString(2), response UInt64, other UInt64, packets UInt64)
	ENGINE = Merge('teiten', '^prefix_of_');

CREATE TABLE IF NOT EXISTS teiten.ledger (
	bin Enum8('minute' = 0, 'hour' = 1, 'day' = 2), start DateTime('UTC'),
	class String, bytes UInt64, packets UInt64)
	ENGINE = Merge('teiten', '^ledger_of_');

CREATE TABLE IF NOT EXISTS teiten.coverage (
	bin Enum8('minute' = 0, 'hour' = 1, 'day' = 2), start DateTime('UTC'),
	addresses UInt64, late UInt64, misdated UInt64, unattributed UInt64,
	prefixes_unlisted UInt64, nic_drops UInt64, modes UInt64, covered_ns UInt64,
	version UInt64)
	ENGINE = Merge('teiten', '^coverage_of_');

CREATE TABLE IF NOT EXISTS teiten.event (
	time DateTime('UTC'), id String, phase String, incident String, prev String,
	kind String, key String, face String, members UInt32, scale UInt32,
	onset DateTime('UTC'), observed Float64, expected Float64, r Float64, ratio Float64,
	excess Float64, log10p Float64, log10p_lower Float64, exposure Float64, g Float64,
	season Float64, severity String, reason String, sources Float64,
	packets_per_source Float64, dns_response Float64, dns_query Float64, dns_short Float64,
	geo_id String, geo_date String, top_countries String, json String, whole UInt8)
	ENGINE = Merge('teiten', '^event_of_');

CREATE TABLE IF NOT EXISTS teiten.about (
	time DateTime('UTC'), name String, networks String, country String, timezone String,
	program String, whole UInt8)
	ENGINE = Merge('teiten', '^about_of_');

INSERT INTO teiten.schema VALUES (1);
