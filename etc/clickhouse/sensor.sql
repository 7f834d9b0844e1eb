-- SPDX-License-Identifier: GPL-2.0-or-later
-- The tables of one sensor: apply.sh puts its name in place of @SENSOR@.
--
-- teiten.X_of_@SENSOR@ keeps its rows; of those with one key the one with the greatest version
-- (the last column) counts: at once in SELECT ... FINAL, on the disk when parts are merged. So a
-- batch may arrive any number of times, also in parts.
--
-- teiten_@SENSOR@ is all that the sensor's user may see. What it writes into teiten_@SENSOR@.X goes
-- through the view to_X into storage, which has no column for a sensor's name: whatever it writes,
-- the rows are its own.

CREATE DATABASE IF NOT EXISTS teiten_@SENSOR@;

CREATE TABLE IF NOT EXISTS teiten_@SENSOR@.schema (version UInt32) ENGINE = Log;

CREATE TABLE IF NOT EXISTS teiten.cell_of_@SENSOR@ (
	bin Enum8('minute' = 0, 'hour' = 1, 'day' = 2), start DateTime('UTC'),
	proto Enum8('tcp' = 0, 'udp' = 1, 'icmp' = 2, 'icmp6' = 3), port UInt16,
	country FixedString(2), packets UInt64)
	ENGINE = ReplacingMergeTree(packets) ORDER BY (bin, start, proto, port, country)
	PARTITION BY (bin, multiIf(bin = 'minute', toMonday(start), bin = 'hour', toStartOfMonth(start),
		toStartOfYear(start)));
CREATE TABLE IF NOT EXISTS teiten_@SENSOR@.cell (
	bin Enum8('minute' = 0, 'hour' = 1, 'day' = 2), start DateTime('UTC'),
	proto Enum8('tcp' = 0, 'udp' = 1, 'icmp' = 2, 'icmp6' = 3), port UInt16,
	country FixedString(2), packets UInt64)
	ENGINE = Null;
CREATE MATERIALIZED VIEW IF NOT EXISTS teiten_@SENSOR@.to_cell TO teiten.cell_of_@SENSOR@ AS
	SELECT bin, start, proto, port, country, packets
	FROM teiten_@SENSOR@.cell;

CREATE TABLE IF NOT EXISTS teiten.port_of_@SENSOR@ (
	bin Enum8('minute' = 0, 'hour' = 1, 'day' = 2), start DateTime('UTC'),
	proto Enum8('tcp' = 0, 'udp' = 1, 'icmp' = 2, 'icmp6' = 3), port UInt16,
	sources UInt64, syn UInt64, bytes UInt64, packets UInt64)
	ENGINE = ReplacingMergeTree(packets) ORDER BY (bin, start, proto, port)
	PARTITION BY (bin, multiIf(bin = 'minute', toMonday(start), bin = 'hour', toStartOfMonth(start),
		toStartOfYear(start)));
CREATE TABLE IF NOT EXISTS teiten_@SENSOR@.port (
	bin Enum8('minute' = 0, 'hour' = 1, 'day' = 2), start DateTime('UTC'),
	proto Enum8('tcp' = 0, 'udp' = 1, 'icmp' = 2, 'icmp6' = 3), port UInt16,
	sources UInt64, syn UInt64, bytes UInt64, packets UInt64)
	ENGINE = Null;
CREATE MATERIALIZED VIEW IF NOT EXISTS teiten_@SENSOR@.to_port TO teiten.port_of_@SENSOR@ AS
	SELECT bin, start, proto, port, sources, syn, bytes, packets
	FROM teiten_@SENSOR@.port;

CREATE TABLE IF NOT EXISTS teiten.sport53_of_@SENSOR@ (
	bin Enum8('minute' = 0, 'hour' = 1, 'day' = 2), start DateTime('UTC'),
	country FixedString(2), class Enum8('response' = 0, 'query' = 1, 'short' = 2),
	packets UInt64)
	ENGINE = ReplacingMergeTree(packets) ORDER BY (bin, start, country, class)
	PARTITION BY (bin, multiIf(bin = 'minute', toMonday(start), bin = 'hour', toStartOfMonth(start),
		toStartOfYear(start)));
CREATE TABLE IF NOT EXISTS teiten_@SENSOR@.sport53 (
	bin Enum8('minute' = 0, 'hour' = 1, 'day' = 2), start DateTime('UTC'),
	country FixedString(2), class Enum8('response' = 0, 'query' = 1, 'short' = 2),
	packets UInt64)
	ENGINE = Null;
CREATE MATERIALIZED VIEW IF NOT EXISTS teiten_@SENSOR@.to_sport53 TO teiten.sport53_of_@SENSOR@ AS
	SELECT bin, start, country, class, packets
	FROM teiten_@SENSOR@.sport53;

CREATE TABLE IF NOT EXISTS teiten.prefix_of_@SENSOR@ (
	bin Enum8('minute' = 0, 'hour' = 1, 'day' = 2), start DateTime('UTC'),
	prefix String, country FixedString(2), response UInt64, other UInt64, packets UInt64)
	ENGINE = ReplacingMergeTree(packets) ORDER BY (bin, start, prefix)
	PARTITION BY (bin, multiIf(bin = 'minute', toMonday(start), bin = 'hour', toStartOfMonth(start),
		toStartOfYear(start)));
CREATE TABLE IF NOT EXISTS teiten_@SENSOR@.prefix (
	bin Enum8('minute' = 0, 'hour' = 1, 'day' = 2), start DateTime('UTC'),
	prefix String, country FixedString(2), response UInt64, other UInt64, packets UInt64)
	ENGINE = Null;
CREATE MATERIALIZED VIEW IF NOT EXISTS teiten_@SENSOR@.to_prefix TO teiten.prefix_of_@SENSOR@ AS
	SELECT bin, start, prefix, country, response, other, packets
	FROM teiten_@SENSOR@.prefix;

CREATE TABLE IF NOT EXISTS teiten.ledger_of_@SENSOR@ (
	bin Enum8('minute' = 0, 'hour' = 1, 'day' = 2), start DateTime('UTC'),
	class String, bytes UInt64, packets UInt64)
	ENGINE = ReplacingMergeTree(packets) ORDER BY (bin, start, class)
	PARTITION BY (bin, multiIf(bin = 'minute', toMonday(start), bin = 'hour', toStartOfMonth(start),
		toStartOfYear(start)));
CREATE TABLE IF NOT EXISTS teiten_@SENSOR@.ledger (
	bin Enum8('minute' = 0, 'hour' = 1, 'day' = 2), start DateTime('UTC'),
	class String, bytes UInt64, packets UInt64)
	ENGINE = Null;
CREATE MATERIALIZED VIEW IF NOT EXISTS teiten_@SENSOR@.to_ledger TO teiten.ledger_of_@SENSOR@ AS
	SELECT bin, start, class, bytes, packets
	FROM teiten_@SENSOR@.ledger;

CREATE TABLE IF NOT EXISTS teiten.coverage_of_@SENSOR@ (
	bin Enum8('minute' = 0, 'hour' = 1, 'day' = 2), start DateTime('UTC'),
	addresses UInt64, late UInt64, misdated UInt64, unattributed UInt64,
	prefixes_unlisted UInt64, nic_drops UInt64, modes UInt64, covered_ns UInt64,
	version UInt64)
	ENGINE = ReplacingMergeTree(version) ORDER BY (bin, start)
	PARTITION BY (bin, multiIf(bin = 'minute', toMonday(start), bin = 'hour', toStartOfMonth(start),
		toStartOfYear(start)));
CREATE TABLE IF NOT EXISTS teiten_@SENSOR@.coverage (
	bin Enum8('minute' = 0, 'hour' = 1, 'day' = 2), start DateTime('UTC'),
	addresses UInt64, late UInt64, misdated UInt64, unattributed UInt64,
	prefixes_unlisted UInt64, nic_drops UInt64, modes UInt64, covered_ns UInt64,
	version UInt64)
	ENGINE = Null;
CREATE MATERIALIZED VIEW IF NOT EXISTS teiten_@SENSOR@.to_coverage TO teiten.coverage_of_@SENSOR@ AS
	SELECT bin, start, addresses, late, misdated, unattributed, prefixes_unlisted,
		nic_drops, modes, covered_ns, version
	FROM teiten_@SENSOR@.coverage;

CREATE TABLE IF NOT EXISTS teiten.event_of_@SENSOR@ (
	time DateTime('UTC'), id String, phase String, incident String, prev String,
	kind String, key String, face String, members UInt32, scale UInt32,
	onset DateTime('UTC'), observed Float64, expected Float64, r Float64, ratio Float64,
	excess Float64, log10p Float64, log10p_lower Float64, exposure Float64, g Float64,
	season Float64, severity String, reason String, sources Float64,
	packets_per_source Float64, dns_response Float64, dns_query Float64, dns_short Float64,
	geo_id String, geo_date String, top_countries String, json String, whole UInt8)
	ENGINE = ReplacingMergeTree(whole) ORDER BY (time, id, phase)
	PARTITION BY toStartOfYear(time);
CREATE TABLE IF NOT EXISTS teiten_@SENSOR@.event (
	time DateTime('UTC'), id String, phase String, incident String, prev String,
	kind String, key String, face String, members UInt32, scale UInt32,
	onset DateTime('UTC'), observed Float64, expected Float64, r Float64, ratio Float64,
	excess Float64, log10p Float64, log10p_lower Float64, exposure Float64, g Float64,
	season Float64, severity String, reason String, sources Float64,
	packets_per_source Float64, dns_response Float64, dns_query Float64, dns_short Float64,
	geo_id String, geo_date String, top_countries String, json String, whole UInt8)
	ENGINE = Null;
CREATE MATERIALIZED VIEW IF NOT EXISTS teiten_@SENSOR@.to_event TO teiten.event_of_@SENSOR@ AS
	SELECT time, id, phase, incident, prev, kind, key, face, members, scale, onset,
		observed, expected, r, ratio, excess, log10p, log10p_lower, exposure, g, season,
		severity, reason, sources, packets_per_source, dns_response, dns_query, dns_short,
		geo_id, geo_date, top_countries, json, whole
	FROM teiten_@SENSOR@.event;

CREATE TABLE IF NOT EXISTS teiten.about_of_@SENSOR@ (
	time DateTime('UTC'), name String, networks String, country String, timezone String,
	program String, whole UInt8)
	ENGINE = ReplacingMergeTree(time) ORDER BY whole;
CREATE TABLE IF NOT EXISTS teiten_@SENSOR@.about (
	name String, networks String, country String, timezone String,
	program String, whole UInt8)
	ENGINE = Null;
CREATE MATERIALIZED VIEW IF NOT EXISTS teiten_@SENSOR@.to_about TO teiten.about_of_@SENSOR@ AS
	SELECT now() AS time, name, networks, country, timezone, program, whole
	FROM teiten_@SENSOR@.about;

INSERT INTO teiten_@SENSOR@.schema VALUES (1);
