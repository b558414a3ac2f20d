// The jobs in Scala on RDDs, written as one would by hand, compiled with the compiler in Spark's jars.
// Arguments and conversation are those of asked.py.

import org.apache.hadoop.fs.Path
import org.apache.spark.{HashPartitioner, Partitioner, SparkConf, SparkContext}
import org.apache.spark.broadcast.Broadcast
import org.apache.spark.rdd.RDD

import scala.reflect.ClassTag

case class Event(user: String, ts: Long, pin: String, action: String, amount: Long)

class UserPartitioner(val numPartitions: Int) extends Partitioner {
  private val hash = new HashPartitioner(numPartitions)
  def getPartition(key: Any): Int = hash.getPartition(key.asInstanceOf[(String, Long)]._1)
}

class Jobs(sc: SparkContext, partitions: Int) extends Serializable {
  type Inputs = Map[String, String]
  import Jobs._

  private def lines(path: String): RDD[String] = sc.textFile(path, partitions)

  private def events(in: Inputs): RDD[Array[String]] = lines(in("events")).map(split)

  private def typed(in: Inputs): RDD[Event] =
    events(in).map(f => Event(f(0), f(1).toLong, f(2), f(3), f(4).toLong))

  private def table(in: Inputs, name: String): RDD[(String, Array[String])] =
    lines(in(name)).map { line => val f = split(line); (f(0), f.drop(1)) }

  private def write(rows: RDD[String], out: String): Unit = rows.saveAsTextFile(out)

  def count_lines(in: Inputs, out: String): Unit =
    write(sc.parallelize(Seq(lines(in("events")).count().toString), 1), out)

  def identity(in: Inputs, out: String): Unit = write(events(in).map(_.mkString("\t")), out)

  def identity_rows(in: Inputs, out: String): Unit =
    write(events(in).map(row => row).map(_.mkString("\t")), out)

  private def countWords(words: RDD[String], out: String): Unit =
    write(words.map((_, 1L)).reduceByKey(_ + _, partitions).map(p => p._1 + "\t" + p._2), out)

  def word_count(in: Inputs, out: String): Unit =
    countWords(lines(in("words")).flatMap(_.split("\\s+")), out)

  def word_count_char(in: Inputs, out: String): Unit =
    countWords(lines(in("words")).flatMap(_.split(' ')), out)

  private def sum(pairs: RDD[(String, Long)], out: String): Unit =
    write(pairs.reduceByKey(_ + _, partitions).map(p => p._1 + "\t" + p._2), out)

  def sum_by_key(in: Inputs, out: String): Unit = sum(events(in).map(f => (f(3), f(4).toLong)), out)

  def sum_by_user(in: Inputs, out: String): Unit = sum(events(in).map(f => (f(0), f(4).toLong)), out)

  def group_count(in: Inputs, out: String): Unit =
    write(events(in).keyBy(_(0)).groupByKey(partitions).map(p => p._1 + "\t" + p._2.size), out)

  private def byUserInOrder[V: ClassTag](pairs: RDD[((String, Long), V)]): RDD[((String, Long), V)] =
    pairs.repartitionAndSortWithinPartitions(new UserPartitioner(partitions))

  private def sessions[V: ClassTag](pairs: RDD[((String, Long), V)], out: String): Unit =
    write(byUserInOrder(pairs).mapPartitions(rows => perUser(rows) { (user, group) =>
      var (found, last) = (0, 0L)
      for (((_, ts), _) <- group) { if (ts - last > gapSeconds) found += 1; last = ts }
      user + "\t" + found
    }), out)

  def secondary_sort_udf(in: Inputs, out: String): Unit =
    sessions(typed(in).map(row => ((row.user, row.ts), row)), out)

  def secondary_sort_pruned(in: Inputs, out: String): Unit =
    sessions(events(in).map(f => ((f(0), f(1).toLong), ())), out)

  private def ends[V: ClassTag](
      pairs: RDD[((String, Long), V)], action: V => String, out: String): Unit =
    write(byUserInOrder(pairs).mapPartitions(rows => perUser(rows) { (user, group) =>
      val first = group.next()._2
      var (last, count) = (first, 1)
      for ((_, row) <- group) { last = row; count += 1 }
      user + "\t" + action(first) + "\t" + action(last) + "\t" + count
    }), out)

  def secondary_sort_builtin(in: Inputs, out: String): Unit =
    ends[Event](typed(in).map(row => ((row.user, row.ts), row)), _.action, out)

  def secondary_sort_builtin_pruned(in: Inputs, out: String): Unit =
    ends[String](events(in).map(f => ((f(0), f(1).toLong), f(3))), action => action, out)

  def join(in: Inputs, out: String): Unit = {
    val joined = events(in).keyBy(_(0)).join(table(in, "users"), partitions)
    write(joined.map { case (_, (row, user)) => (row ++ user).mkString("\t") }, out)
  }

  def five_way(in: Inputs, out: String): Unit = {
    val Seq(users, emails, towns, plans) =
      Seq("users", "emails", "towns", "plans").map(table(in, _))
    // cogroup takes three others; the fourth joins what came of them in the same partitions.
    val hash = new HashPartitioner(partitions)
    val four = events(in).keyBy(_(0)).cogroup(users, emails, towns, hash)
    write(four.cogroup(plans, hash).flatMap { case (_, (grouped, plan)) =>
      for ((e, u, m, t) <- grouped; row <- e; a <- u; b <- m; c <- t; d <- plan)
        yield (row ++ a ++ b ++ c ++ d).mkString("\t")
    }, out)
  }

  private def known(in: Inputs): Broadcast[Map[String, Array[String]]] =
    sc.broadcast(table(in, "users").collect().toMap)

  private def joinKnown(in: Inputs): RDD[Array[String]] = {
    val users = known(in)
    events(in).flatMap(row => users.value.get(row(0)).map(row ++ _))
  }

  def broadcast_join(in: Inputs, out: String): Unit =
    write(joinKnown(in).map(_.mkString("\t")), out)

  def broadcast_join_rows(in: Inputs, out: String): Unit =
    write(joinKnown(in).map(r => r.take(5) :+ (r(5) + "@" + r(6))).map(_.mkString("\t")), out)

  def fork_merge(in: Inputs, out: String): Unit = {
    val all = events(in)
    val kept = all.filter(f => f(3) == "save" || f(3) == "share")
    val shown = all.filter(f => f(3) == "view" || f(3) == "share")
    val pairs = kept.map(f => ((f(0), "kept"), f(4).toLong))
      .union(shown.map(f => ((f(0), "shown"), f(4).toLong)))
    write(pairs.reduceByKey(_ + _, partitions).map { case ((user, kind), total) =>
      user + "\t" + kind + "\t" + total
    }, out)
  }

  def six_udfs(in: Inputs, out: String): Unit = write(
    typed(in).map(e => (e, e.action.toUpperCase))
      .filter(_._2 != "SHARE")
      .map { case (e, kind) => (e, kind, e.amount * 100) }
      .map { case (e, kind, cents) => (e, kind, cents, e.ts / 86400) }
      .filter(_._3 <= 900000)
      .map { case (e, kind, cents, day) => (e, kind, day % 7, cents + day) }
      .map { case (e, kind, weekday, mix) =>
        s"${e.user}\t${e.ts}\t${e.pin}\t${e.action}\t${e.amount}\t$kind\t$weekday\t$mix"
      }, out)

  def six_builtins(in: Inputs, out: String): Unit = write(
    typed(in).filter(_.pin.nonEmpty)
      .filter(e => actions.matcher(e.action).find())
      .map(e => e.copy(pin = letter.matcher(e.pin).replaceAll("n")))
      .map(e => (e, e.amount * 100))
      .map { case (e, cents) => (e, cents, "web") }
      .map { case (e, cents, source) => (e, e.amount.toDouble, cents, source) }
      .map { case (e, amount, cents, source) =>
        s"${e.user}\t${e.ts}\t${e.pin}\t${e.action}\t$amount\t$cents\t$source"
      }, out)
}

object Jobs {
  val gapSeconds = 1800
  val actions = java.util.regex.Pattern.compile("^(view|click|save)$")
  val letter = java.util.regex.Pattern.compile("^p")

  def split(line: String): Array[String] = line.split("\t", -1)

  /** Give each run of rows of one user to a function. */
  def perUser[V, R](rows: Iterator[((String, Long), V)])(
      each: (String, Iterator[((String, Long), V)]) => R): Iterator[R] = {
    val ahead = rows.buffered
    new Iterator[R] {
      def hasNext: Boolean = ahead.hasNext
      def next(): R = {
        val user = ahead.head._1._1
        val group = new Iterator[((String, Long), V)] {
          def hasNext: Boolean = ahead.hasNext && ahead.head._1._1 == user
          def next(): ((String, Long), V) = ahead.next()
        }
        val result = each(user, group)
        while (group.hasNext) group.next()
        result
      }
    }
  }

  /** Arguments: job, warm-up job, output, partitions, then name=path of inputs and few:name=path. */
  def main(args: Array[String]): Unit = {
    val Array(job, warmUp, output, partitions) = args.take(4)
    val paths = args.drop(4).map { pair => val at = pair.indexOf('='); pair.take(at) -> pair.drop(at + 1) }
    val (few, inputs) = paths.toMap.partition(_._1.startsWith("few:"))
    val sc = new SparkContext(new SparkConf())
    sc.setLogLevel("ERROR")
    val jobs = new Jobs(sc, partitions.toInt)
    def run(name: String, in: Map[String, String], out: String): Unit =
      classOf[Jobs].getMethod(name, classOf[Map[_, _]], classOf[String]).invoke(jobs, in, out)
    val aside = output + "-warm-up"
    val path = new Path(aside)
    path.getFileSystem(sc.hadoopConfiguration).delete(path, true)
    run(warmUp, few.map { case (name, path) => name.drop(4) -> path }, aside)
    println("READY")
    var asked = scala.io.StdIn.readLine()
    while (asked != null) {
      val began = System.nanoTime
      run(job, inputs, output)
      println("SECONDS " + (System.nanoTime - began) / 1e9)
      asked = scala.io.StdIn.readLine()
    }
    sc.stop()
  }
}
