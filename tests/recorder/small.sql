create table t(a integer primary key, b text);
with recursive n(i) as (select 1 union all select i + 1 from n where i < 3000) insert into t select i, 'row ' || i from n;
create index ib on t(b);
select count(*), sum(length(b)) from t where b like '%7%';
select substr(b, 1, 5) g, count(*), group_concat(a % 10) from t group by g order by 2 desc limit 3;
