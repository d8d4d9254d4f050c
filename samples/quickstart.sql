-- A moderate workload: an index of words is built, asked and thrown away.
PRAGMA cache_size = -2000;
CREATE TABLE word(id INTEGER PRIMARY KEY, text TEXT NOT NULL, length INTEGER);
WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 20000)
INSERT INTO word SELECT n, printf('word %d of %d', n, n * 7919 % 20011), n % 13 FROM number;
CREATE INDEX word_text ON word(text);
SELECT length, count(*), group_concat(text, ',') IS NOT NULL FROM word GROUP BY length ORDER BY length;
SELECT count(*) FROM word a JOIN word b ON a.text = replace(b.text, 'word', 'word');
SELECT count(DISTINCT upper(text) || length) FROM word;
DELETE FROM word WHERE length < 6;
SELECT count(*), max(text) FROM word;
DROP TABLE word;
