/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/history/internal.h"

/* "TeiH": tells file(1) and us whose database it is. */
#define APPLICATION_ID 1415932232
#define SCHEMA_VERSION 2
#define TEXT_OF(number) #number
#define TEXT(number) TEXT_OF(number)

static const char schema_text[] = "PRAGMA application_id = " TEXT(
	APPLICATION_ID) ";"
			"CREATE TABLE meta (name TEXT PRIMARY KEY NOT NULL, value) WITHOUT ROWID;"
			"CREATE TABLE minute (start INTEGER PRIMARY KEY, data BLOB NOT NULL);"
			"CREATE TABLE rollup (span INTEGER NOT NULL, content INTEGER NOT NULL,"
			" start INTEGER NOT NULL, part INTEGER NOT NULL, data BLOB NOT NULL,"
			" PRIMARY KEY (span, content, start, part));"
			"CREATE TABLE life (chunk INTEGER PRIMARY KEY, data BLOB NOT NULL);"
			"CREATE TABLE snapshot (name TEXT PRIMARY KEY NOT NULL, data BLOB NOT "
			"NULL);"
			"CREATE TABLE damaged (place TEXT NOT NULL, start INTEGER NOT NULL, data "
			"BLOB);"
			"CREATE TABLE event (number INTEGER PRIMARY KEY, time INTEGER NOT NULL,"
			" id TEXT NOT NULL, incident TEXT, prev TEXT, phase TEXT, kind "
			"TEXT, key TEXT,"
			" face TEXT, scale INTEGER, onset INTEGER, observed REAL, expected REAL, r "
			"REAL,"
			" ratio REAL, excess REAL, log10p REAL, exposure REAL, g REAL, season REAL,"
			" severity TEXT, reason TEXT, sources REAL, packets_per_source REAL,"
			" dns_response REAL, dns_query REAL, dns_short REAL, geo_id TEXT, geo_date "
			"TEXT,"
			" log10p_lower REAL, top_countries BLOB, members INTEGER,"
			" UNIQUE (id, phase, time));"
			"CREATE INDEX event_time ON event (time, number);"
			"PRAGMA user_version = " TEXT(SCHEMA_VERSION) ";";

const char *const statement_text[STATEMENTS] = {
	[STATEMENT_BEGIN] = "BEGIN IMMEDIATE",
	[STATEMENT_COMMIT] = "COMMIT",
	[STATEMENT_ROLLBACK] = "ROLLBACK",
	[STATEMENT_META_GET] = "SELECT value FROM meta WHERE name = ?1",
	[STATEMENT_META_PUT] = "INSERT OR REPLACE INTO meta (name, value) VALUES (?1, ?2)",
	[STATEMENT_MINUTE_GET] = "SELECT data FROM minute WHERE start = ?1",
	[STATEMENT_MINUTE_PUT] = "INSERT OR REPLACE INTO minute (start, data) VALUES (?1, ?2)",
	[STATEMENT_MINUTE_DROP] = "DELETE FROM minute WHERE start = ?1",
	[STATEMENT_MINUTE_LAST] = "SELECT max(start) FROM minute",
	[STATEMENT_MINUTE_NEXT] = "SELECT min(start) FROM minute WHERE start >= ?1",
	[STATEMENT_MINUTE_RANGE] =
		"SELECT start, data FROM minute WHERE start >= ?1 AND start < ?2 ORDER BY start",
	[STATEMENT_MINUTE_SIZES] = "SELECT count(*), total(length(data)) FROM minute"
				   " WHERE start >= ?1 AND start < ?2",
	[STATEMENT_MINUTE_EXPIRE] =
		"DELETE FROM minute WHERE start IN (SELECT start FROM minute WHERE start < ?1"
		" AND NOT (start >= ?2 AND start < ?2 + 3600) ORDER BY start LIMIT ?3)",
	[STATEMENT_MINUTE_OLD] =
		"SELECT start FROM minute WHERE start < ?1"
		" AND NOT (start >= ?2 AND start < ?2 + 3600) ORDER BY start LIMIT 1",
	[STATEMENT_ROLLUP_PUT] = "INSERT INTO rollup (span, content, start, part, data)"
				 " VALUES (?1, ?2, ?3, ?4, ?5)",
	[STATEMENT_ROLLUP_RANGE] =
		"SELECT start, data FROM rollup WHERE span = ?1 AND content = ?2 AND start >= ?3"
		" AND start < ?4 ORDER BY start, part",
	[STATEMENT_ROLLUP_SIZES] = "SELECT count(DISTINCT start), total(length(data)) FROM rollup"
				   " WHERE span = ?3 AND start >= ?1 AND start < ?2",
	[STATEMENT_ROLLUP_PARTS] =
		"SELECT max(part) FROM rollup WHERE span = ?1 AND content = 0 AND start = ?2",
	[STATEMENT_ROLLUP_NEXT] =
		"SELECT min(start) FROM rollup WHERE span = ?1 AND content = 0 AND start >= ?2",
	[STATEMENT_ROLLUP_DROP] = "DELETE FROM rollup WHERE span = ?1 AND content = ?2"
				  " AND start = ?3",
	[STATEMENT_ROLLUP_DROP_ONE] = "DELETE FROM rollup WHERE rowid = ?1",
	[STATEMENT_DAMAGED_PUT] = "INSERT INTO damaged (place, start, data) VALUES (?1, ?2, ?3)",
	[STATEMENT_LIFE_GET] = "SELECT data FROM life WHERE chunk = ?1",
	[STATEMENT_LIFE_PUT] = "INSERT OR REPLACE INTO life (chunk, data) VALUES (?1, ?2)",
	[STATEMENT_EVENT_PUT] =
		"INSERT OR IGNORE INTO event (time, id, incident, prev, phase, kind, key, face,"
		" scale, onset, observed, expected, r, ratio, excess, log10p, exposure, g, season,"
		" severity, reason, sources, packets_per_source, dns_response, dns_query,"
		" dns_short, geo_id, geo_date, log10p_lower, top_countries, members) VALUES (?1, "
		"?2, ?3, ?4, ?5, ?6, ?7,"
		" ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23,"
		" ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31)",
	[STATEMENT_EVENT_FIND] = "SELECT 1 FROM event WHERE id = ?1 AND phase = ?2 AND time = ?3",
	[STATEMENT_EVENT_RANGE] =
		"SELECT time, id, incident, prev, phase, kind, key, face, scale, onset, observed,"
		" expected, r, ratio, excess, log10p, exposure, g, season, severity, reason,"
		" sources, packets_per_source, dns_response, dns_query, dns_short, geo_id,"
		" geo_date, log10p_lower, top_countries, members FROM event WHERE time >= ?1 AND "
		"time < ?2"
		" ORDER BY time, number",
	[STATEMENT_EVENT_EXPIRE] =
		"DELETE FROM event WHERE number IN (SELECT number FROM event WHERE time < ?1"
		" ORDER BY time LIMIT ?2)",
	[STATEMENT_REVISION_TABLE] = "SELECT 1 FROM sqlite_schema WHERE name = 'revision'",
	[STATEMENT_REVISION_PUT] = "INSERT INTO revision (start) VALUES (?1)",
	[STATEMENT_REVISION_DROP] = "DELETE FROM revision WHERE number <= ?1",
	[STATEMENT_REVISION_ENDS] = "SELECT min(number), max(number) FROM revision",
	[STATEMENT_REVISION_RANGE] =
		"SELECT number, start FROM revision WHERE number > ?1 ORDER BY number",
	[STATEMENT_EVIDENCE_PUT] =
		"INSERT OR IGNORE INTO evidence (id, phase, time, data) VALUES (?1, ?2, ?3, ?4)",
	[STATEMENT_EVIDENCE_GET] =
		"SELECT data FROM evidence WHERE id = ?1 AND phase = ?2 AND time = ?3",
	[STATEMENT_EVIDENCE_EXPIRE] =
		"DELETE FROM evidence WHERE NOT EXISTS (SELECT 1 FROM event WHERE"
		" event.id = evidence.id AND event.phase = evidence.phase"
		" AND event.time = evidence.time) AND time < ?1",
	[STATEMENT_SOURCE_PORT_PUT] =
		"INSERT INTO source_port VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12,"
		" ?13, ?14, ?15, ?16, ?17, ?18) ON CONFLICT DO UPDATE SET"
		" samples = samples + ?5, packets = packets + ?6, sources = max(sources, ?7)",
	[STATEMENT_SOURCE_PORT_RANGE] =
		"SELECT span, start, proto, port, samples, packets, sources, own_country, response,"
		" query, short, recursion_available, answering, noerror, servfail, nxdomain,"
		" refused, verdict FROM source_port WHERE span = ?1 AND start >= ?2 AND start < ?3"
		" ORDER BY start, proto, port",
	[STATEMENT_SOURCE_PORT_EXPIRE] = "DELETE FROM source_port WHERE span = ?1 AND start < ?2",
	[STATEMENT_RESOLVER_COUNT] = "SELECT count(*) FROM resolver",
	[STATEMENT_RESOLVER_PUT] =
		"INSERT INTO resolver (address, country, first, last, packets, rcode, max_length)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (address) DO UPDATE SET"
		" country = iif(?4 >= last, ?2, country), rcode = iif(?4 >= last, ?6, rcode),"
		" first = min(first, ?3), last = max(last, ?4), packets = packets + ?5,"
		" max_length = max(max_length, ?7)",
	[STATEMENT_RESOLVER_EVICT] =
		"DELETE FROM resolver WHERE address IN (SELECT address FROM resolver"
		" ORDER BY last, address LIMIT ?1)",
	[STATEMENT_RESOLVER_RANGE] =
		"SELECT address, country, first, last, packets, rcode, max_length FROM resolver"
		" WHERE last >= ?1 AND first < ?2 ORDER BY length(address), address",
	[STATEMENT_SNAPSHOT_GET] = "SELECT data FROM snapshot WHERE name = ?1",
	[STATEMENT_SNAPSHOT_PUT] = "INSERT OR REPLACE INTO snapshot (name, data) VALUES (?1, ?2)",
	[STATEMENT_SOURCES_GET] = "SELECT data FROM sources WHERE start = ?1 AND content = ?2",
	[STATEMENT_SOURCES_PUT] =
		"INSERT OR REPLACE INTO sources (start, content, data) VALUES (?1, ?2, ?3)",
	[STATEMENT_SOURCES_LACK] =
		"INSERT OR IGNORE INTO sources (start, content, data) VALUES (?1, ?2, x'')",
	[STATEMENT_SOURCES_DROP] = "DELETE FROM sources WHERE start = ?1 AND content = ?2",
	[STATEMENT_SOURCES_RANGE] =
		"SELECT content, data FROM sources WHERE start >= ?1 AND start < ?2"
		" AND content BETWEEN ?3 AND ?4 ORDER BY start, content",
	[STATEMENT_SOURCES_NEXT] = "SELECT min(start) FROM sources WHERE start >= ?1",
	[STATEMENT_SOURCES_UNKNOWN] =
		"SELECT EXISTS (SELECT 1 FROM rollup r WHERE r.span = 0 AND r.content = 0"
		" AND r.start >= ?1 AND r.start < ?2 AND NOT EXISTS (SELECT 1 FROM sources s"
		" WHERE s.start = r.start AND s.content = 0))"
		" OR (?3 >= ?1 AND ?3 < ?2"
		" AND EXISTS (SELECT 1 FROM minute WHERE start >= ?3 AND start < ?3 + 3600)"
		" AND NOT EXISTS (SELECT 1 FROM sources WHERE start = ?3 AND content = 0))"
		" OR EXISTS (SELECT 1 FROM sources WHERE start >= ?1 AND start < ?2"
		" AND content = ?4)",
	[STATEMENT_SOURCES_EXPIRE] =
		"DELETE FROM sources WHERE rowid IN (SELECT rowid FROM sources WHERE start < ?1"
		" ORDER BY start LIMIT ?2)",
};

static const char additions_text[] =
	"CREATE TABLE IF NOT EXISTS evidence (id TEXT NOT NULL, phase TEXT NOT NULL,"
	" time INTEGER NOT NULL, data TEXT NOT NULL, PRIMARY KEY (id, phase, time)) WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS resolver (address BLOB PRIMARY KEY NOT NULL,"
	" country TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,"
	" packets INTEGER NOT NULL, rcode INTEGER NOT NULL, max_length INTEGER NOT NULL)"
	" WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS source_port (span INTEGER NOT NULL, start INTEGER NOT NULL,"
	" proto TEXT NOT NULL, port INTEGER NOT NULL, samples INTEGER NOT NULL, packets REAL,"
	" sources REAL, own_country REAL, response REAL, query REAL, short REAL,"
	" recursion_available REAL, answering REAL, noerror REAL, servfail REAL, nxdomain REAL,"
	" refused REAL, verdict TEXT, PRIMARY KEY (span, start, proto, port)) WITHOUT ROWID;"
	"CREATE INDEX IF NOT EXISTS resolver_last ON resolver (last, address);"
	"CREATE TABLE IF NOT EXISTS revision (number INTEGER PRIMARY KEY AUTOINCREMENT,"
	" start INTEGER NOT NULL);"
	"CREATE TABLE IF NOT EXISTS sources (start INTEGER NOT NULL, content INTEGER NOT NULL,"
	" data BLOB NOT NULL, PRIMARY KEY (start, content));";

int schema_complete(sqlite3 *db)
{
	return sqlite3_exec(db, additions_text, NULL, NULL, NULL);
}

int schema_create(sqlite3 *db)
{
	return sqlite3_exec(db, schema_text, NULL, NULL, NULL);
}

/* A pragma's number, or SQLite's failure as a negative number. */
static int64_t pragma_number(sqlite3 *db, const char *text)
{
	sqlite3_stmt *ready = NULL;
	int result = sqlite3_prepare_v2(db, text, -1, &ready, NULL);
	int64_t number;

	if (result == SQLITE_OK)
		result = sqlite3_step(ready);
	number = result == SQLITE_ROW ? sqlite3_column_int64(ready, 0) : -result;
	sqlite3_finalize(ready);
	return number;
}

int schema_check(sqlite3 *db, int *version)
{
	int64_t tables = pragma_number(db, "SELECT count(*) FROM sqlite_schema");
	int64_t number = pragma_number(db, "PRAGMA user_version");

	if (tables < 0)
		return (int)-tables;
	*version = (int)number;
	if (tables == 0 && number == 0)
		return SQLITE_EMPTY;
	if (number != SCHEMA_VERSION ||
		pragma_number(db, "PRAGMA application_id") != APPLICATION_ID)
		return SQLITE_SCHEMA;
	return SQLITE_OK;
}

bool schema_has_sources(sqlite3 *db)
{
	return pragma_number(db, "SELECT count(*) FROM sqlite_schema WHERE name = 'sources'") == 1;
}
