import { IntegrationError } from '../model/errors.js'
import type { Query } from './postgres-client.js'

/** The storage's clock: the current time in ms since the epoch, not that of the transaction's start. */
export const databaseNow = 'floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint'

/** Marks a version check, in place of the JSON value of a write. */
export const CHECK = '='

const latest = 2

/** The id of the advisory lock: any number, but the same in every process. */
const migrationLock = '7165902271049801'

/**
 * Migrates the tables and functions in `schema`, a quoted identifier. Safe while other processes do the same.
 *
 * @throws `storage_incompatible` if a newer version of this package has migrated the schema
 */
export async function migrate(query: Query, schema: string): Promise<void> {
  await query(migration(schema))
  const [row] = (await query(`SELECT version FROM ${schema}.schema_version`)) as { version: number }[]
  const version = Number(row?.version)
  if (version === latest) return
  throw new IntegrationError(
    'storage_incompatible',
    `The PostgreSQL schema ${schema} has version ${version}, which is newer than ${latest}. Update mcp-integrations.`,
  )
}

/**
 * One message, which PostgreSQL runs as one transaction. It leaves no state in the session, and a role without the
 * privilege to create can run it once everything exists.
 */
function migration(schema: string): string {
  return `SELECT pg_advisory_xact_lock(${migrationLock});
DO $migration$
BEGIN
  IF to_regnamespace('${schema}') IS NULL THEN
    CREATE SCHEMA ${schema};
  END IF;
  IF to_regclass('${schema}.schema_version') IS NULL THEN
    CREATE TABLE ${schema}.schema_version (version integer NOT NULL);
    INSERT INTO ${schema}.schema_version VALUES (0);
  END IF;
  IF (SELECT version FROM ${schema}.schema_version) = 0 THEN
    CREATE TABLE ${schema}.records (
      workspace text COLLATE "C" NOT NULL,
      key text COLLATE "C" NOT NULL,
      version text NOT NULL,
      value text NOT NULL,
      expires_at bigint,
      PRIMARY KEY (workspace, key));
    CREATE TABLE ${schema}.counters (workspace text COLLATE "C" PRIMARY KEY, last bigint NOT NULL);
    ${commitFunction(schema)}
    UPDATE ${schema}.schema_version SET version = 1;
  END IF;
  IF (SELECT version FROM ${schema}.schema_version) = 1 THEN
    CREATE INDEX expiries ON ${schema}.records (expires_at, workspace, key) WHERE expires_at IS NOT NULL;
    UPDATE ${schema}.schema_version SET version = 2;
  END IF;
END $migration$;`
}

/**
 * A commit in one round trip. The caller passes the writes in the order of their keys, so that two commits can't
 * deadlock. Every write locks its key, even an absent or deleted one, so that the conditions stay true until the commit.
 *
 * The row of the workspace's counter stays locked until the commit is visible, so that numbers become visible in order.
 *
 * @returns SQL of a function that returns the keys of appended records; null if a condition was false and nothing was
 * written
 */
function commitFunction(schema: string): string {
  return `CREATE FUNCTION ${schema}.commit_writes(
      in_workspace text, in_version text, in_now bigint,
      in_keys text[], in_conditions text[], in_values text[], in_expiries bigint[],
      in_prefixes text[], in_appended text[], in_appended_expiries bigint[],
      in_channel text, in_origin text) RETURNS text[]
    LANGUAGE plpgsql SET lock_timeout = '4s' AS $commit$
    DECLARE
      at_time bigint := coalesce(in_now, ${databaseNow});
      appends integer := cardinality(in_prefixes);
      appended_keys text[] := '{}';
      last_number bigint;
      told_keys text[];
      message text;
    BEGIN
      FOR i IN 1 .. cardinality(in_keys) LOOP
        IF in_values[i] = '${CHECK}' THEN
          PERFORM FROM ${schema}.records
            WHERE workspace = in_workspace AND key = in_keys[i] AND version = in_conditions[i] FOR SHARE;
        ELSIF in_conditions[i] <> '' THEN
          UPDATE ${schema}.records
            SET version = in_version, value = coalesce(in_values[i], ''), expires_at = in_expiries[i]
            WHERE workspace = in_workspace AND key = in_keys[i] AND version = in_conditions[i];
        ELSE
          INSERT INTO ${schema}.records AS present
            VALUES (in_workspace, in_keys[i], in_version, coalesce(in_values[i], ''), in_expiries[i])
            ON CONFLICT (workspace, key) DO UPDATE
            SET version = excluded.version, value = excluded.value, expires_at = excluded.expires_at
            WHERE in_conditions[i] IS NULL OR present.expires_at <= at_time;
        END IF;
        IF NOT FOUND THEN
          RAISE SQLSTATE 'MI001';
        END IF;
        IF in_values[i] IS NULL THEN
          DELETE FROM ${schema}.records WHERE workspace = in_workspace AND key = in_keys[i];
        END IF;
      END LOOP;
      IF appends > 0 THEN
        INSERT INTO ${schema}.counters AS counter VALUES (in_workspace, appends)
          ON CONFLICT (workspace) DO UPDATE SET last = counter.last + excluded.last
          RETURNING last INTO last_number;
        FOR i IN 1 .. appends LOOP
          appended_keys := appended_keys || (in_prefixes[i] || lpad((last_number - appends + i)::text, 16, '0'));
          INSERT INTO ${schema}.records
            VALUES (in_workspace, appended_keys[i], in_version, in_appended[i], in_appended_expiries[i])
            ON CONFLICT (workspace, key) DO UPDATE
            SET version = excluded.version, value = excluded.value, expires_at = excluded.expires_at;
        END LOOP;
      END IF;
      SELECT coalesce(array_agg(key), '{}') INTO told_keys
        FROM unnest(in_keys, in_values) AS written (key, value) WHERE value IS DISTINCT FROM '${CHECK}';
      message := json_build_array(in_origin, in_workspace, told_keys || appended_keys)::text;
      IF octet_length(message) > 7900 THEN
        message := json_build_array(in_origin, in_workspace)::text;
      END IF;
      PERFORM pg_notify(in_channel, message);
      RETURN appended_keys;
    EXCEPTION WHEN SQLSTATE 'MI001' THEN
      RETURN NULL;
    END $commit$;`
}
